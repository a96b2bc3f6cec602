"""Values → text, JSON and exit codes; nothing is decided here."""
