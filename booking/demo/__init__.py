"""The demo: real institutions, sample instruments, one account per role."""
