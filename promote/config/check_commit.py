"""Whether what promote.yaml says of commits fits together, and fits who makes them."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from promote.config import fault
from promote.config.check_request import forges
from promote.config.marks import Marks, quoted
from promote.config.settings import Settings
from promote.errors import UsageError
from promote.forge.address import project_of
from promote.secret import fault_of, name_of

_GITHUB = "`commit: {via: api}` works at GitHub only; write `via: git`"


def _by_api(settings: Settings, marks: Marks) -> None:
    """What GitHub's API is not asked for, and where there is none."""
    for key in ("author", "committer", "sign", "signing_key"):
        if marks.has("commit", key):
            why = "GitHub makes the commit as whose token it is, and signs it"
            marks.at_key(("commit", key), f"`{key}` says nothing beside `via: api`: {why}; leave out one of them")
    for path, said in forges(settings):
        if said.kind is not UNSET and said.kind != "github":
            marks.at_value((*path, "kind"), _GITHUB)
    if settings.forge is not UNSET or settings.defaults.forge is not UNSET:
        return
    for name, environment in settings.environments.items():
        if environment.repo is UNSET or environment.forge is not UNSET:
            continue
        try:
            kind = project_of(environment.repo).kind
        except UsageError:
            continue  # which forge it is has to be told when something is written there, and is missed then
        if kind != "github":
            marks.at_value(("environments", name, "repo"), _GITHUB)


def check_commit(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """All that concerns commits; mistakes go to `marks`."""
    commit = settings.commit
    if commit.via == "api":
        _by_api(settings, marks)
    for key, who in (("author", commit.author), ("committer", commit.committer)):
        if who is not UNSET and (wrong := fault.of_author(who)) is not None:
            marks.at_value(("commit", key), f"{quoted(who)} {wrong}")
    if commit.signing_key is not UNSET:
        if commit.sign != "ssh":
            marks.at_key(("commit", "signing_key"), "`signing_key` needs `sign: ssh` beside it")
        if (wrong := fault_of(commit.signing_key, environ)) is not None:
            marks.at_value(("commit", "signing_key", name_of(commit.signing_key)[0]), f"the secret {wrong}")
    if commit.message is not UNSET and not commit.message.strip():
        marks.at_value(("commit", "message"), "expected a template, found nothing but space")
