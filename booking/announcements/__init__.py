"""Announcements: short texts on top of the pages, for some people, for a while."""
