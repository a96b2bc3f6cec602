"""A commit made, signed and pushed by compare-and-swap."""
