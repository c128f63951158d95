"""Claims, rules, reservations and blocks: everything that occupies time."""
