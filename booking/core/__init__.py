"""Values without input or output: time, periods, errors, pages."""
