"""The token by which a GitHub App says who it is: a JSON Web Token signed by its key (RFC 7519, RS256 of RFC 7518)."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import TYPE_CHECKING

from promote.errors import UsageError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

# GitHub takes at most ten minutes, and none that began in its own future: clocks differ.
_BEGAN = 60
_LASTS = 540


def _part(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _loaded(pem: str, where: str) -> RSAPrivateKey:
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
        from cryptography.hazmat.primitives.serialization import load_pem_private_key
    except ModuleNotFoundError as exc:
        raise UsageError(
            "to sign in as a GitHub App needs the package cryptography",
            where=where,
            cure="run `pip install 'gitops-promote[github-app]'`",
        ) from exc
    cure = "give the .pem file that GitHub made for the app"
    try:
        key = load_pem_private_key(pem.replace("\r\n", "\n").strip().encode(), password=None)
    except TypeError:  # not chained, here and below: the words of the library may name parts of the key
        raise UsageError("the app's key has a passphrase", where=where, cure=cure) from None
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError("the app's key is no private key in PEM", where=where, cure=cure) from None
    if not isinstance(key, RSAPrivateKey):
        raise UsageError("the app's key is no RSA key", where=where, cure=cure)
    return key


def app_jwt(issuer: str, pem: str, now: datetime, *, where: str) -> str:
    """The token of the app `issuer`, good for nine minutes; UsageError, which says `where`, for a key that is none."""
    key = _loaded(pem, where)
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    began = int(now.timestamp())
    claims = {"iat": began - _BEGAN, "exp": began + _LASTS, "iss": issuer}
    parts = (_part(json.dumps(each).encode()) for each in ({"alg": "RS256", "typ": "JWT"}, claims))
    signed = b".".join(parts)
    return b".".join((signed, _part(key.sign(signed, PKCS1v15(), SHA256())))).decode("ascii")
