"""Payer accounts: what pays, how much of it is left, who uses it, and every change of the amount."""
