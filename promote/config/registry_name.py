"""Registries, and parts of them, as promote.yaml names them: in the spelling that references have."""

from __future__ import annotations

from promote.image import parse_repository


def canonical_host(host: str) -> str | None:
    """The registry's host as references have it, or None where `host` is none."""
    repository = parse_repository(f"{host}/x/y")
    return repository.host if repository is not None and repository.path == "x/y" else None


def mirror_of(text: str) -> tuple[str, str] | None:
    """The host of a mirror, as references have it, and the path before all others there; None where it is neither."""
    host, slash, prefix = text.partition("/")
    canonical = canonical_host(host)
    placed = parse_repository(f"{canonical}/{prefix}/x") if prefix else None
    if canonical is None or (slash and (placed is None or placed.path != f"{prefix}/x")):
        return None
    return canonical, prefix


def canonical_prefix(text: str) -> str | None:
    """A registry, a namespace or a whole repository in canonical spelling, without a final /; None where it is none."""
    bare = text.removesuffix("/")
    host = canonical_host(bare)
    if host is not None or not bare:
        return host
    # A namespace is completed as the names in it are: `acme/` is docker.io/acme.
    found = parse_repository(f"{bare}/x/y")
    whole = None if found is None or text.endswith("/") else parse_repository(bare)
    return str(whole) if whole is not None else None if found is None else str(found).removesuffix("/x/y")
