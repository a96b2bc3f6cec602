"""Bytes to spans to edits to bytes: YAML documents with exact byte positions. Knows nothing of Kubernetes."""
