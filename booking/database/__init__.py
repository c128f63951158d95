"""The two engines and what differs between them: transactions, locks, guards."""
