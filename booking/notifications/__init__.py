"""The outbox: events in the caller's transaction, mails delivered after commit."""
