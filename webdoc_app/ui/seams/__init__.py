"""All that leans on the inside of Reflex, python-socketio and engineio: what to look at when their version changes."""
