"""Whose credential a git command is given, and how it gets there: `Keyring` finds it, a `Grant` is what git gets."""
