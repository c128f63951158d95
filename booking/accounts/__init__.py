"""People: accounts, sign-in, tokens, grants, permissions and the audit log."""
