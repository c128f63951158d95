"""Tables that institutions upload: columns recognised, a dry run row by row, applied at once, undone if need be."""
