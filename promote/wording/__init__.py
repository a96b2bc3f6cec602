"""What promote writes into commits: trailers that are read again, and messages by template."""
