"""The user's own clone: read, left as it is, and given a commit only where nothing is pushed."""
