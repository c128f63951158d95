"""Sample orders: the user sends samples, the staff of an instrument test them."""
