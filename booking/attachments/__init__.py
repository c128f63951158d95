"""Photos and documents of instruments, enquiries and whatever else carries files."""
