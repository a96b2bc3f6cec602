"""Registries: what tags there are, and what is known of an image; over HTTP, or from OCI layouts on disk."""
