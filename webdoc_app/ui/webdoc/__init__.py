"""The client's page, live: what takes over the places of its first HTML."""
