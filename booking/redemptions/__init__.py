"""Paying out what vouchers covered: requests with their papers, two reviews, public notice, payment, claw-back."""
