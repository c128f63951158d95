"""Organisations, their units, places and days that are not ordinary ones."""
