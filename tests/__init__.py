"""The tests. A package, so that no other `tests` on the path, which some libraries install, comes before it."""
