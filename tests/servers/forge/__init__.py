"""Stateful fakes of forges on loopback, one a kind, each over a real bare repository."""
