"""Mutual recognition: which providers, papers and types of service each side accepts of the other, and until when."""
