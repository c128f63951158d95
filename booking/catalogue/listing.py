"""Keeping the search in step with the catalogue: only published instruments are listed.

Whoever changes a record, its hours, its test items, or the names of its owner calls `refresh` in
the same transaction; the search reads nothing else.
"""




CHUNK = 1000
