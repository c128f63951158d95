"""Accounts, entries and transfers; never learns what they are for."""
