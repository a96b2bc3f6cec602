"""`run`: a command, started without a shell among the repository's files, in an environment of its own.

It passes with 0 and waits with 75, which sysexits.h has for what may work later (EX_TEMPFAIL); all else fails.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from promote.duration import show_duration
from promote.errors import Refused
from promote.gates.run import RunCheck
from promote.image import tag_and_digest
from promote.probe.files import Files
from promote.probe.running import Running
from promote.probe.saying import last_line, said
from promote.process import Finished, missing
from promote.question import Probe, Probed
from promote.secret import SecretSettings, resolve_secret
from promote.transport import Veil

_WAITS = 75
_CAP = 16 << 20


def search_path(environ: Mapping[str, str]) -> str:
    """PATH without what is relative: a command must not find its programs among the repository's files by chance."""
    return os.pathsep.join(part for part in environ.get("PATH", os.defpath).split(os.pathsep) if part.startswith("/"))


def change(question: Probe) -> bytes:
    """The change as a command reads it from stdin: one JSON object (docs/promotion.md)."""
    images = [{"image": str(repository), **(tag_and_digest(version) or {})} for repository, version in question.images]
    said = {
        "schema": 1,
        "environment": question.environment,
        "app": question.app,
        "source": question.source,
        "version": tag_and_digest(question.version),
        "old": tag_and_digest(question.old),
        "images": images,
    }
    return json.dumps(said).encode() + b"\n"


def variables(question: Probe) -> dict[str, str]:
    """The same as variables; what there is not is empty."""
    references = (
        f"{repository}{':' + version.tag if version.tag else ''}{'@' + version.digest if version.digest else ''}"
        for repository, version in question.images
    )
    return {
        "PROMOTE_ENVIRONMENT": question.environment,
        "PROMOTE_APP": question.app,
        "PROMOTE_VERSION": str(question.version),
        "PROMOTE_TAG": question.version.tag or "",
        "PROMOTE_DIGEST": question.version.digest or "",
        "PROMOTE_OLD": "" if question.old is None else str(question.old),
        "PROMOTE_IMAGE": " ".join(references),
        "PROMOTE_SOURCE": question.source or "",
    }


def _find(program: str, files: Path, path: str) -> None:
    """Refused where there is no such program in the repository, or else on `path`."""
    if program.startswith("/") or "/" not in program:
        if shutil.which(program, os.F_OK, path) is None:
            raise missing(program, Refused)
        return
    if not (files / program).exists():
        cure = "commit it to the default branch, or correct `command`"
        raise Refused(f"there is no {program} among the repository's files", cure=cure)
    if not (files / program).is_file():
        raise Refused(f"{program} is no file", cure="correct `command`")
    if not os.access(files / program, os.X_OK):
        cure = "commit it so: git update-index --chmod=+x FILE; or name what runs it, as in [sh, FILE]"
        raise Refused(f"{program} is not executable in the repository", cure=cure)


class Commands:
    """Runs commands among `files`."""

    def __init__(self, files: Files, environ: Mapping[str, str], veil: Veil, running: Running) -> None:
        self._files = files
        self._environ = environ
        self._veil = veil
        self._running = running

    def _given(self, check: RunCheck) -> dict[str, str]:
        out: dict[str, str] = {}
        for name, value in check.env:
            if isinstance(value, SecretSettings):
                out[name] = resolve_secret(value, self._environ)
                self._veil.cover(out[name])
            else:
                out[name] = value
        return out

    def _run(self, check: RunCheck, question: Probe, files: Path, home: Path) -> Finished:
        environment = {
            **self._given(check),
            **variables(question),
            "PATH": search_path(self._environ),
            "LANG": "C.UTF-8",
            "HOME": str(home),
            "TMPDIR": str(home),
        }
        return self._running.run(
            check.command,
            cwd=files,
            env=environment,
            stdin=change(question),
            seconds=check.timeout.total_seconds(),
            cap_bytes=_CAP,
            guarded=True,
        )

    def probed(self, check: RunCheck, question: Probe) -> Probed:
        """What the command came to; Refused where it cannot be started, UsageError where a secret is not to be had."""
        files = self._files.at_hand()
        _find(check.command[0], files, search_path(self._environ))
        home = self._files.room("home")
        try:
            finished = self._run(check, question, files, home)
        finally:
            shutil.rmtree(home, ignore_errors=True)
        return self._judged(check, finished)

    def _judged(self, check: RunCheck, finished: Finished) -> Probed:
        program = check.command[0]
        if finished.cut == "deadline":
            cure = "raise `timeout` if it needs longer"
            return Probed("failed", f"{program} did not end within {show_duration(check.timeout)}; {cure}")
        if finished.cut is not None:
            why = "was ended with promote" if finished.cut == "stopped" else f"said more than {_CAP >> 20} MiB"
            return Probed("failed", f"{program} {why}")
        words = said(last_line(finished.stdout, finished.stderr), self._veil)
        told = f": {words}" if words else ""
        if finished.code == 0:
            return Probed("passed", f"{program} passed{told}")
        if finished.code == _WAITS:
            return Probed("waiting", f"{program} waits{told}")
        how = f"exit code {finished.code}" if finished.code > 0 else f"signal {-finished.code}"
        return Probed("failed", f"{program} failed with {how}{told}")
