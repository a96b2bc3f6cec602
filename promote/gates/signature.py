"""`signature`: cosign vouches for every image by its digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.gates.probing import Check
from promote.placeholder import fill


class SignatureSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """A signature that `cosign verify` must find: by a key, or by who signed without one."""

    key: Annotated[
        str | UnsetType,
        Meta(description="The public key: a file of the repository.", examples=["cosign.pub"]),
    ] = UNSET
    identity: Annotated[
        str | UnsetType,
        Meta(
            description="Who signed without a key, as the certificate says it.",
            examples=["https://github.com/acme/web/.github/workflows/release.yml@refs/heads/main"],
        ),
    ] = UNSET
    identity_regexp: Annotated[str | UnsetType, Meta(description="The same as a regular expression of Go.")] = UNSET
    issuer: Annotated[
        str | UnsetType,
        Meta(description="Who vouched for the identity.", examples=["https://token.actions.githubusercontent.com"]),
    ] = UNSET
    annotations: Annotated[dict[str, str], Meta(description="What the signature must say besides, by name.")] = {}
    tlog: Annotated[
        bool, Meta(description="Whether the signature must stand in a transparency log; only with `key` it may not.")
    ] = True

    def __post_init__(self) -> None:
        given = [name for name in ("key", "identity", "identity_regexp") if getattr(self, name) is not UNSET]
        if len(given) != 1:
            told = " and ".join(given) or "none"
            raise ValueError(f"a signature needs exactly one of key, identity, identity_regexp, and {told} is given")
        if self.key is not UNSET:
            _require_inside(self.key)
        if (self.issuer is UNSET) != (self.key is not UNSET):
            raise ValueError("issuer stands beside identity or identity_regexp, and only there")
        if not self.tlog and self.key is UNSET:
            raise ValueError("tlog: false says nothing without key: a signature without one stands in a log")
        for name, value in self.annotations.items():
            # cosign takes several in one word, with commas between them and quotes around them.
            if not name or set("=,\"\n") & set(name) or set(",\"\n") & set(value):
                raise ValueError(f"annotations: {name!r} holds what cosign reads as the next one; leave it out")

    def check(self) -> SignatureCheck:
        """The check that this is."""
        return SignatureCheck(
            None if self.key is UNSET else self.key,
            None if self.identity is UNSET else self.identity,
            None if self.identity_regexp is UNSET else self.identity_regexp,
            None if self.issuer is UNSET else self.issuer,
            tuple(self.annotations.items()),
            self.tlog,
        )


def _require_inside(path: str) -> None:
    if "://" in path or path.startswith("/"):
        raise ValueError("key is a file of the repository, by its path from the root; no address, no absolute path")
    if not path or any(part in ("", ".", "..") for part in path.removeprefix("./").split("/")):
        raise ValueError("key is a file of the repository, by its path from the root, without . and ..")


@dataclass(frozen=True, slots=True)
class SignatureCheck:
    """Whose signature is looked for."""

    NAME: ClassVar[str] = "signature"
    IS_LIVE: ClassVar[bool] = False

    key: str | None = None
    identity: str | None = None
    identity_regexp: str | None = None
    issuer: str | None = None
    annotations: tuple[tuple[str, str], ...] = ()
    tlog: bool = True

    def filled(self, values: Mapping[str, str]) -> Check:
        return replace(
            self,
            key=None if self.key is None else fill(self.key, values),
            identity=None if self.identity is None else fill(self.identity, values),
        )
