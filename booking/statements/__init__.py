"""Statements of what payers owe an institution: drafts, numbers, what was received for them, and what is overdue."""
