"""What the server holds for a tab belongs to one session and to the object its address names, and goes with them."""
