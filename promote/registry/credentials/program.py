"""Credential helpers: programs `docker-credential-NAME` that keep credentials (docker/docker-credential-helpers).

`get` with the server's name on stdin answers JSON with ServerURL, Username and Secret. What a helper says goes into no
message: it could be the secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from promote.errors import RegistryDenied
from promote.registry.once import Once
from promote.registry.settings import Credentials

if TYPE_CHECKING:
    from promote.process import Finished

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_CAP = 256 << 10
_HAS_NONE = b"credentials not found in native keychain"
_IDENTITY = "<token>"  # the user name that says that the secret is an identity token


class _Answer(msgspec.Struct, rename={"username": "Username", "secret": "Secret"}):
    username: str = ""
    secret: str = ""


# Made here, by one thread (see `decode`).
_ANSWER = msgspec.json.Decoder(_Answer)


class Helpers:
    """Asks helpers, each once for a server; they see `environ`, for they are the user's own, and have `seconds`."""

    def __init__(self, environ: Mapping[str, str], *, seconds: float = 30.0) -> None:
        self._environ = environ
        self._seconds = seconds
        self._asked: Once[tuple[str, str], Credentials | None] = Once()

    def get(self, name: str, server: str, *, file: Path) -> Credentials | None:
        """What docker-credential-`name`, which `file` names, has for `server`; None where it says that it has none."""
        return self._asked.get((name, server), lambda: self._get(name, server, file))

    def _get(self, name: str, server: str, file: Path) -> Credentials | None:
        if _NAME.fullmatch(name) is None:
            cure = "write what follows `docker-credential-` in the helper's name, and no path"
            raise RegistryDenied(f"{name[:100]!r} is not a helper's name", where=str(file), cure=cure)
        program = f"docker-credential-{name}"
        finished = self._run(program, server, file)
        if finished.code == 0 and finished.cut is None:
            return self._understood(finished.stdout, program, server, file)
        if finished.cut is None and finished.stdout.strip() == _HAS_NONE:
            return None
        if finished.cut == "deadline":
            why = f"did not answer within {self._seconds:g} seconds"
        elif finished.cut is not None:
            why = "answered without end"
        else:
            why = f"failed with exit code {finished.code}"
        raise self._denied(program, server, file, why)

    def _run(self, program: str, server: str, file: Path) -> Finished:
        from promote.process import run  # most runs start no helper, and each would pay for this

        try:
            return run(
                (program, "get"),
                cwd=None,
                env=self._environ,
                stdin=server.encode(),
                deadline_seconds=self._seconds,
                cap_bytes=_CAP,
                fault=RegistryDenied,
            )
        except RegistryDenied as error:
            raise RegistryDenied(
                f"the credentials for {server} are kept by {program}: {error.what}",
                where=str(file),
                cure="install it and put its folder on PATH, or take it out of this file",
            ) from error

    def _understood(self, said: bytes, program: str, server: str, file: Path) -> Credentials | None:
        try:
            answer = _ANSWER.decode(said)
        except (ValueError, RecursionError):
            # Not chained: the error may hold a part of what was said.
            raise self._denied(program, server, file, "answered what is no credentials") from None
        if not answer.secret:
            return None
        if answer.username == _IDENTITY:
            return Credentials("", "", answer.secret, source=program)
        return Credentials(answer.username, answer.secret, source=program)

    def _denied(self, program: str, server: str, file: Path, why: str) -> RegistryDenied:
        return RegistryDenied(
            f"the credentials for {server} are kept by {program}, which {why}",
            where=str(file),
            cure=f"run `echo {server} | {program} get` to see why, or take it out of this file",
        )
