"""Signed manifests, whose digest leaves out the signature (distribution, "Image Manifest Version 2, Schema 1").

They are refused, but as what they are: without this their content would never seem to have its digest.
"""

from __future__ import annotations

import base64
import binascii

import msgspec


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
    """What is signed in the manifest `raw`, or None where it is not one that is signed."""
    try:
        signatures = msgspec.json.decode(raw, type=_Signed).signatures
        if not signatures:
            return None
        protected = msgspec.json.decode(_decoded(signatures[0].protected), type=_Protected)
        return raw[: max(0, protected.length)] + _decoded(protected.tail)
    except (ValueError, RecursionError, binascii.Error):
        return None
