"""The way out for mails."""
