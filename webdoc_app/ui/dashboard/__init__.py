"""The merchant's side: one module a page, its state beside it."""
