"""What gates need of this machine, as far as it can be seen: commands, their secrets, a token for a forge."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence

from promote.api.pulls import Pulls
from promote.api.trees import FolderTrees
from promote.api.where import Opened
from promote.check import Finding
from promote.config.model import Environment
from promote.errors import PromoteError, UsageError
from promote.gates.run import RunCheck, RunSettings
from promote.placeholder import placeholders
from promote.probe.run import search_path
from promote.secret import SecretSettings, resolve_secret
from promote.tree import Globs, Tree

_OF_FORGES = frozenset({"commit_status", "approval"})


def _lack(check: RunCheck, trusted: Tree, environ: Mapping[str, str]) -> UsageError | None:
    """Why a command could not be started, or None."""
    for _, value in check.env:
        if isinstance(value, SecretSettings):
            try:
                resolve_secret(value, environ)
            except UsageError as exc:
                return exc
    program = check.command[0]
    if placeholders(program):
        return None
    if "/" in program and not program.startswith("/"):
        if not trusted.list(Globs((os.path.normpath(program),))):
            cure = "commit it to the default branch, or correct `command`"
            return UsageError(f"there is no {program} among the repository's files", cure=cure)
    elif shutil.which(program, path=search_path(environ)) is None:
        return UsageError(f"there is no program {program} here", cure="install it, or correct `command`")
    return None


def of_commands(opened: Opened, environments: Sequence[Environment], environ: Mapping[str, str]) -> Iterator[Finding]:
    """Whether the commands of `run` are there, with their secrets; none is started."""
    for environment in environments:
        for kind, settings in (("gates", environment.gates), ("verify", environment.verify)):
            for number, each in enumerate(settings):
                if each.kind != "run":
                    continue
                said = each.said
                check = (RunSettings(command=said) if isinstance(said, str) else said).check()
                where, lack = f"{environment.name}/{kind}[{number}].run", _lack(check, opened.trusted(), environ)
                if lack is not None:
                    yield Finding.of_error("warning", where, "gate", lack, "correct `run`")
                else:
                    what = f"{check.command[0]} is there; it is started only with --allow-run"
                    yield Finding("ok", where, "gate", what)


def of_tokens(opened: Opened, environments: Sequence[Environment], pulls: Pulls | None) -> Iterator[Finding]:
    """Whether there is a token for each forge that a gate asks."""
    if pulls is None or isinstance(opened.trees, FolderTrees):
        return
    for environment in environments:
        kinds = {each.kind for each in (*environment.gates, *environment.verify)} & _OF_FORGES
        # A status stands on the commit of the environment that the version comes from.
        asked = {environment.name, *environment.sources} if "commit_status" in kinds else {environment.name}
        for name in sorted(asked) if kinds else ():
            where = f"{environment.name}/{'+'.join(sorted(kinds))}"
            try:
                there = pulls.config.environment(name)
                pulls.forges.at(there, opened.trees.place(there).repo)
            except PromoteError as exc:
                yield Finding.of_error("warning", where, "gate", exc, "see to the token of its forge, and to `forge`")
