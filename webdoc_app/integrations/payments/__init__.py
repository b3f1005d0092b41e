"""Payment providers: each behind the same small protocol (`contract`), found by name in `registry`."""
