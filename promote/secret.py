"""Secrets: named in promote.yaml, had only when asked for, and only those that the environment lets be named.

promote.yaml is other people's text: without this rule it could send any variable or file of the CI machine to a host
of its own choice (SEMANTICS 10.3). Files follow the same list as variables, since they hold the same kind of thing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar

from msgspec import UNSET, Meta, Struct, UnsetType

from promote.errors import SecretMissing, UsageError
from promote.ordinary import read_ordinary

ALLOW = "PROMOTE_ALLOW_SECRETS"
_PREFIX = "PROMOTE_"
_MAX_FILE = 64 << 10
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")


class SecretSettings(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a secret is to be had; the secret itself never stands in promote.yaml."""

    ONE_OF: ClassVar[tuple[str, ...]] = ("env", "file")
    EXPECTED: ClassVar[str] = "{env: NAME} or {file: PATH} (a secret is named here, never written)"

    env: Annotated[
        str | UnsetType,
        Meta(description="An environment variable that begins with PROMOTE_, or is listed in PROMOTE_ALLOW_SECRETS."),
    ] = UNSET
    file: Annotated[
        str | UnsetType, Meta(description="A file by its absolute path, which is listed in PROMOTE_ALLOW_SECRETS.")
    ] = UNSET


def fault_of(secret: SecretSettings, environ: Mapping[str, str]) -> str | None:
    """Why this secret may not be named, or None; its value is not looked at."""
    allowed = frozenset(re.split(r"[,\s]+", environ.get(ALLOW, "")))
    if secret.env is not UNSET:
        if _VARIABLE.match(secret.env) is None:
            return "is no name of an environment variable"
        if not secret.env.startswith(_PREFIX) and secret.env not in allowed:
            return f"may not be named: only variables that begin with {_PREFIX}, or are listed in {ALLOW}"
    if secret.file is not UNSET:
        if not secret.file.startswith("/"):
            return "must be an absolute path"
        if secret.file not in allowed:
            return f"may not be named: only files that are listed in {ALLOW}"
    return None


def name_of(secret: SecretSettings) -> tuple[str, str]:
    """The key that names the secret, and the name."""
    if secret.env is not UNSET:
        return "env", secret.env
    return "file", "" if secret.file is UNSET else secret.file


def resolve_secret(secret: SecretSettings, environ: Mapping[str, str]) -> str:
    """The secret's value; UsageError, which never holds it, where it may not be named or is not to be had.

    SecretMissing where nobody has set its variable, or its file is not to be read.
    """
    fault = fault_of(secret, environ)
    key, name = name_of(secret)
    if fault is not None:
        raise UsageError(f"the secret {name} {fault}")
    if key == "env":
        value = environ.get(name, "")
        if not value:
            raise SecretMissing(f"the secret {name} is not set", cure="set the environment variable")
        return value
    try:
        data = read_ordinary(Path(name), _MAX_FILE + 1)
    except OSError as exc:
        raise SecretMissing(f"the secret {name} cannot be read: {exc.strerror}", cure="correct its path") from exc
    try:
        value = data.decode().strip()
    except UnicodeDecodeError:
        # Not chained: the exception holds the bytes.
        raise UsageError(f"the secret {name} is not text", cure="write it as UTF-8") from None
    if not value or len(data) > _MAX_FILE:
        raise UsageError(f"the secret {name} is {'empty' if not value else 'too large'}", cure="correct the file")
    return value
