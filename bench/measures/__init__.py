"""One measure a file; each registers itself, and a new file here is found by itself."""
