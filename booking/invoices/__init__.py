"""Invoices that institutions issued elsewhere: recorded with what they cover, their files, and red-letter ones."""
