"""Whose credentials are used for a host: one source a file; `keyring` tells their order."""
