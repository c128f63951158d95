"""What two provinces owe each other for vouchers used across their border, month by month."""
