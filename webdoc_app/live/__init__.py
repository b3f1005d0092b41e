"""News for open pages. Knows ids and topics, never tables."""
