"""What waits for a person, first: one page of cards that every feature adds to; reads only."""
