"""Questions about instruments, wishes for time on request, and the answers made public."""
