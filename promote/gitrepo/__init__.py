"""Repositories: read without a checkout, written by compare-and-swap, found on disk."""
