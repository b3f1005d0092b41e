"""`python -m bench`: how fast Webdoc is, as a table for people and as JSON. See docs/speed.md."""
