"""Voucher programmes: what an authority pays for, how much of it, until when; and what a use would be covered."""
