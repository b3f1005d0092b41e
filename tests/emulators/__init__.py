"""Payment providers on loopback: their wire formats, a hosted page to click through, and faults on demand."""
