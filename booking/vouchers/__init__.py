"""Vouchers: what authorities issue to enterprises, what of it is held for uses, and what uses have taken."""
