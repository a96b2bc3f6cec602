from __future__ import annotations

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, NoEncryption, PrivateFormat

from promote.errors import UsageError
from promote.gitrepo.credentials.jwt import app_jwt
from tests.clock import NOON
from tests.servers.github import new_key, pem_of

LOCKED = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"word")).decode()
OF_A_CURVE = (
    ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
)
PKCS8 = new_key().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "no private key in PEM"),
        ("s3cret", "no private key in PEM"),
        (pem_of(new_key()).replace("MII", "s3cret"), "no private key in PEM"),
        (LOCKED, "has a passphrase"),
        (OF_A_CURVE, "is no RSA key"),
    ],
)
def test_what_is_no_key_of_an_app(key: str, told: str) -> None:
    with pytest.raises(UsageError, match=told) as caught:
        app_jwt("1234", key, NOON, where="PROMOTE_GIT_APP_KEY")
    assert str(caught.value).startswith("PROMOTE_GIT_APP_KEY: ")
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("key", [pem_of(new_key()), pem_of(new_key()).replace("\n", "\r\n"), f"\n{PKCS8}\n\n"])
def test_the_token_is_one_of_rfc_7519(key: str) -> None:
    token = app_jwt("Iv1.abc", key, NOON, where="x")
    options = {"verify_exp": False, "verify_iat": False}
    claims = jwt.decode(token, new_key().public_key(), algorithms=["RS256"], options=options)  # type: ignore[arg-type]
    now = int(NOON.timestamp())
    assert claims == {"iss": "Iv1.abc", "iat": now - 60, "exp": now + 540}
    assert jwt.get_unverified_header(token) == {"alg": "RS256", "typ": "JWT"}
