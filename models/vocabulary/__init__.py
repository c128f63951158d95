"""Every list of words that is stored: one file per feature, standard library only."""
