"""A private key that came as text, as a file that ssh can be given: in memory where the system has such files."""

from __future__ import annotations

import base64
import binascii
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from promote.errors import UsageError

_PROC = Path("/proc/self/fd")
_OPENSSH = re.compile(r"-----BEGIN OPENSSH PRIVATE KEY-----\s*(.*?)-----END", re.DOTALL)
_OPEN = b"openssh-key-v1\0\0\0\0\x04none"  # PROTOCOL.key: the magic, then the name of the cipher


def is_locked(key: str) -> bool:
    """Whether the key, in PEM or as OpenSSH writes it, has a passphrase."""
    found = _OPENSSH.search(key)
    if found is None:
        return "Proc-Type: 4,ENCRYPTED" in key or "BEGIN ENCRYPTED PRIVATE KEY" in key
    try:
        return not base64.b64decode("".join(found[1].split()), validate=True).startswith(_OPEN)
    except binascii.Error:
        return False  # broken in another way, which ssh will tell


def _checked(text: str) -> bytes:
    # OpenSSH does not read a key without a final newline, or with CRLF: what CI systems make of a pasted secret.
    clean = text.replace("\r\n", "\n").strip()
    if not clean.startswith("-----BEGIN ") or "PRIVATE KEY-----" not in clean:
        raise UsageError("the secret is no private key", cure="give the text of the key's file, with its first line")
    if is_locked(clean):
        raise UsageError(
            "the private key has a passphrase, and nobody is asked for one",
            cure="use a key without one, or load it into an agent (SSH_AUTH_SOCK)",
        )
    return f"{clean}\n".encode()


@contextmanager
def private_file(data: bytes) -> Iterator[Path]:
    """A path by which programs that this process starts can read `data`, mode 0600, until the end.

    On Linux nothing is ever written to a disk, so nothing is left of it however the run ends.
    """
    if hasattr(os, "memfd_create") and _PROC.is_dir():
        number = os.memfd_create("promote", os.MFD_CLOEXEC)
        try:
            os.fchmod(number, 0o600)
            os.write(number, data)
            yield Path(f"/proc/{os.getpid()}/fd/{number}")
        finally:
            os.close(number)
        return
    with tempfile.NamedTemporaryFile(prefix="promote-") as file:  # made with mode 0600
        file.write(data)
        file.flush()
        yield Path(file.name)


@contextmanager
def key_file(text: str) -> Iterator[Path]:
    """As `private_file`, for a private key; UsageError where `text` is none, or has a passphrase."""
    with private_file(_checked(text)) as path:
        yield path
