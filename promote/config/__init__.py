"""promote.yaml: bytes in, frozen values out, all mistakes at once with their line and column."""
