"""Feeds that calendar apps subscribe to."""
