"""Who belongs to which organisation: asked for, by roster or by mail domain, with user groups and an end."""
