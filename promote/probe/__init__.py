"""Checks outside of Git and registries: one file a kind, each asked through `Probes`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from promote.clock import Clock
from promote.errors import PromoteError
from promote.gates.argocd import ArgocdCheck
from promote.gates.http import HttpCheck
from promote.gates.run import RunCheck
from promote.gates.signature import SignatureCheck
from promote.probe import argocd, http, signature
from promote.probe.files import Files
from promote.probe.run import Commands
from promote.probe.running import Running
from promote.probe.saying import said
from promote.probe.web import Web
from promote.question import Probe, Probed
from promote.transport import Transport


class Probes:
    """Answers probes, from any number of threads, until it is closed: then commands that still run are ended.

    `files` are those of the repository that promote is pointed at; relative files of certificates start at `root`.
    """

    def __init__(
        self,
        files: Files,
        transport: Transport,
        *,
        environ: Mapping[str, str],
        root: Path,
        clock: Clock,
        allow_run: bool = False,
    ) -> None:
        self._transport = transport
        self._running = Running()
        self._web = Web(transport, environ, root, clock)
        self._commands = Commands(files, environ, transport.veil, self._running)
        self._files = files
        self._environ = environ
        self._allow_run = allow_run

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._running.end()
        self._files.close()

    def probe(self, question: Probe) -> Probed:
        """What the check comes to; one that goes wrong has failed, with the reason (SEMANTICS 9.1)."""
        try:
            probed = self._probed(question)
        except PromoteError as exc:
            probed = Probed("failed", str(exc))
        return Probed(probed.state, said(probed.why, self._transport.veil, limit=600))

    def _probed(self, question: Probe) -> Probed:
        match question.settings:
            case ArgocdCheck() as check:
                return argocd.probed(check, question, self._web)
            case HttpCheck() as check:
                return http.probed(check, self._web)
            case RunCheck() as check:
                if not self._allow_run:
                    return Probed(
                        "failed", f"the command {check.command[0]} needs --allow-run; without it none is started"
                    )
                return self._commands.probed(check, question)
            case SignatureCheck() as check:
                return signature.probed(check, question, self._files, self._environ, self._running)
            case unknown:
                raise TypeError(f"nothing probes {unknown!r}")
