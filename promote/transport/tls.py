"""TLS: how one host is to be known, and how to be known to it; and what its faults mean for a user."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

CA_VARIABLES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_AUTHORITY = "name the file of its certificate authority (`ca`); used was {ca}"
_CLOCK = "have its certificate renewed, or check the clock of this machine"
_NAME = "check how the host is spelled, or have its certificate issued for this name"
# OpenSSL's X509_V_ERR_…: not valid yet, expired, another name, another address.
_CURES = {9: _CLOCK, 10: _CLOCK, 62: _NAME, 64: _NAME}


@dataclass(frozen=True, slots=True)
class Tls:
    """What is trusted, and what is shown; None is what the system has. A certificate's file may hold its key too."""

    ca: Path | None = None
    certificate: Path | None = None
    key: Path | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong, and what to do."""

    what: str
    cure: str


def file_fault(tls: Tls) -> Fault | None:
    """What is wrong with the first of the files of `tls` that cannot be read."""
    for name, path in (("ca", tls.ca), ("client_cert", tls.certificate), ("client_key", tls.key)):
        if path is None:
            continue
        try:
            with path.open("rb") as file:
                file.read(1)
        except FileNotFoundError:
            return Fault(f"there is no file {path}", f"correct `{name}`")
        except OSError as error:
            return Fault(f"the file {path} cannot be read ({error.strerror})", f"correct `{name}`, or its permissions")
    return None


def _untrusted(error: ssl.SSLCertVerificationError, tls: Tls) -> Fault:
    ca = tls.ca or next((f"${name}" for name in CA_VARIABLES if os.environ.get(name)), "the system's")
    cure = _CURES.get(error.verify_code, _AUTHORITY).format(ca=ca)
    return Fault(f"its TLS certificate is not trusted ({error.verify_message})", cure)


def tls_fault(error: Exception, tls: Tls) -> Fault | None:
    """What `error` means where it is one of TLS; never its own text, which may hold what a file holds."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _untrusted(error, tls)
    if not isinstance(error, ssl.SSLError):
        return None
    reason = error.reason or ""
    if reason == "KEY_VALUES_MISMATCH":
        return Fault("the client certificate and its key do not belong together", "correct `client_cert`, `client_key`")
    if error.library in ("X509", "PEM") or "PEM lib" in str(error):
        return Fault("a file of certificates or keys cannot be read", "check that those set for it are PEM")
    if "ALERT" in reason and ("CERTIFICATE" in reason or "UNKNOWN_CA" in reason):
        shown = f"it does not accept {tls.certificate}" if tls.certificate else "it wants a client certificate"
        return Fault(shown, "set `client_cert` and `client_key` to those that its owner gave out")
    return Fault("it does not speak TLS as expected", "check the port, and whether the host is plain HTTP")
