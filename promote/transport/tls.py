"""TLS: how one host is to be known, and how to be known to it; and what its faults mean for a user."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass
from pathlib import Path

from promote.ordinary import read_ordinary

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


def authorities(tls: Tls) -> tuple[str, str]:
    """What names the authorities that count, and their file or folder; both are "" where they are the system's."""
    if tls.ca is not None:
        return "`ca`", str(tls.ca)
    name = next((name for name in CA_VARIABLES if os.environ.get(name)), "")
    return (f"${name}", os.environ[name]) if name else ("", "")


def file_fault(tls: Tls) -> Fault | None:
    """What is wrong with the first of the files that count for `tls` and cannot be read."""
    ca, path = authorities(tls)
    files = ((ca, Path(path) if path else None), ("`client_cert`", tls.certificate), ("`client_key`", tls.key))
    for name, file in files:
        # A folder of authorities is what the variables may name too.
        if file is None or (name.startswith("$") and file.is_dir()):
            continue
        try:
            read_ordinary(file, 1)
        except FileNotFoundError:
            return Fault(f"there is no file {file}", f"correct {name}")
        except IsADirectoryError:
            return Fault(f"{file} is a folder, and no file of PEM", f"name a file in {name}")
        except OSError as error:
            return Fault(f"the file {file} cannot be read ({error.strerror})", f"correct {name}, or its permissions")
    return None


def _has_certificates(path: str | Path) -> bool:
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(path)
    except OSError:
        return False
    return True


def _malformed(tls: Tls) -> Fault:
    """Which of the files of `tls` does not hold what it should."""
    unread = file_fault(tls)
    if unread is not None:
        return unread
    name, path = authorities(tls)
    if path and Path(path).is_file() and not _has_certificates(path):
        return Fault(f"the file {path} holds no certificate in PEM", f"correct {name}")
    if tls.certificate is not None and not _has_certificates(tls.certificate):
        return Fault(f"the file {tls.certificate} holds no certificate in PEM", "correct `client_cert`")
    return Fault(f"the file {tls.key or tls.certificate} holds no private key in PEM", "correct `client_key`")


def _untrusted(error: ssl.SSLCertVerificationError, tls: Tls) -> Fault:
    name, path = authorities(tls)
    if tls.ca is not None and tls.ca.is_dir():
        return Fault(f"{path} is a folder, and no file of PEM", f"name a file in {name}")
    used = path if tls.ca is not None else name or "the system's"
    cure = _CURES.get(error.verify_code, _AUTHORITY).format(ca=used)
    return Fault(f"its TLS certificate is not trusted ({error.verify_message})", cure)


def _alert(reason: str, tls: Tls) -> Fault | None:
    """What the other side said when it broke off (RFC 8446 §6.2); None where that is nothing about certificates."""
    if "ALERT" not in reason:
        return None
    given = "set `client_cert` and `client_key` to those that its owner gave out"
    if "CERTIFICATE" in reason or "UNKNOWN_CA" in reason or "ACCESS_DENIED" in reason:
        shown = f"it does not accept {tls.certificate}" if tls.certificate else "it wants a client certificate"
        return Fault(shown, given)
    # All that TLS 1.2 has for a certificate that was not shown; and for want of a cipher that both know.
    if "HANDSHAKE_FAILURE" in reason:
        what = f"may not accept {tls.certificate}" if tls.certificate else "may want a client certificate"
        return Fault(f"it broke the TLS handshake off: it {what}", f"{given}, or ask who runs it what it wants")
    return None


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
        return _malformed(tls)
    if "PROTOCOL_VERSION" in reason or "UNSUPPORTED_PROTOCOL" in reason:
        return Fault("it speaks only TLS that is too old", "have it speak TLS 1.2 or newer")
    if isinstance(error, ssl.SSLEOFError):
        return Fault("it cut the connection in the TLS handshake", "check the port, and what stands before the host")
    return _alert(reason, tls) or Fault(
        "it does not speak TLS as expected", "check the port, and whether the host is plain HTTP"
    )
