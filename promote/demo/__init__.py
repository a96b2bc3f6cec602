"""A sandbox to play in: a GitOps repository, a clone, and OCI layouts for a registry; needs no network."""
