"""What finders say of one file, in lines that a table can hold."""

from __future__ import annotations

from collections.abc import Sequence

from promote.image import parse_repository
from promote.sites.claim import Claim
from promote.sites.site import Barred, Fragment
from promote.sites.wanted import Wanted
from promote.text.part import Part
from tests.readback import check_rewritten, hits, stream_of, told

W = "ghcr.io/acme/web"
D = "sha256:" + "0a" * 32
_REPOSITORY = parse_repository(W)
assert _REPOSITORY is not None
WEB = Wanted(
    (Claim("web", (_REPOSITORY,), imagepolicy="flux-system:web-prod", refs=("github.com/acme/web",)), Claim("api"))
)


def found(text: str, path: bytes = b"a.yaml", wanted: Wanted = WEB) -> list[str]:
    """`FORMAT NAME TAG DIGEST` of each hit, or `FORMAT CODE`, in the order of the file; overlays name no image."""
    return [f"{hit.format} {told(hit)}" for hit in hits(text.encode(), path, wanted)]


def fragments(text: str, path: bytes = b"a.yaml", wanted: Wanted = WEB) -> list[Fragment]:
    return [hit for hit in hits(text.encode(), path, wanted) if isinstance(hit, Fragment)]


def barred(text: str, path: bytes = b"a.yaml", wanted: Wanted = WEB) -> list[Barred]:
    return [hit for hit in hits(text.encode(), path, wanted) if isinstance(hit, Barred)]


def rewritten(text: str, tag: str, path: bytes = b"a.yaml") -> str:
    """The file with every tag that is found in it at `tag`, after all that a rewrite has to keep was checked."""
    stream = stream_of(text.encode(), path)
    parts = [hit.tag for hit in fragments(text, path)]
    wishes: Sequence[tuple[Part, str]] = [(part, tag) for part in parts if part is not None]
    assert wishes
    return check_rewritten(stream, wishes).decode()
