"""Finding an instrument, and the page of one instrument."""
