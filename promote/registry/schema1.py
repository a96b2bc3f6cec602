"""Signed manifests, whose digest leaves out the signature (distribution, "Image Manifest Version 2, Schema 1").

They are refused, but as what they are: their content never has its digest, and that alone would look like a mishap.
"""

from __future__ import annotations

import base64
import binascii

import msgspec


class _Version(msgspec.Struct, rename={"schema": "schemaVersion"}):
    schema: int


class _Signature(msgspec.Struct):
    protected: str


class _Signed(msgspec.Struct):
    signatures: list[_Signature]


class _Protected(msgspec.Struct, rename={"length": "formatLength", "tail": "formatTail"}):
    length: int
    tail: str


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def signed_payload(raw: bytes) -> bytes | None:
    """What the signature in `raw` says that it signs, or None where there is none; it proves nothing about `raw`."""
    try:
        signatures = msgspec.json.decode(raw, type=_Signed).signatures
        if not signatures:
            return None
        protected = msgspec.json.decode(_decoded(signatures[0].protected), type=_Protected)
        return raw[: max(0, protected.length)] + _decoded(protected.tail)
    except (ValueError, RecursionError, binascii.Error):
        return None


def is_schema_1(payload: bytes) -> bool:
    """Whether `payload` calls itself a manifest of schema 1."""
    try:
        return msgspec.json.decode(payload, type=_Version).schema == 1
    except (ValueError, RecursionError):
        return False
