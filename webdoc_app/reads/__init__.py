"""Queries: rows in, frozen page data out. What a reader may see is an explicit list of fields."""
