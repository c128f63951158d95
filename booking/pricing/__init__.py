"""Prices: what an instrument costs whom, from when on, and what a use comes to."""
