"""Whether what promote.yaml says of pull requests and forges fits together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import UNSET

from promote.config import fault
from promote.config.marks import Marks, Path, quoted
from promote.config.model import branch_of
from promote.config.request_settings import ForgeSettings, PullRequestSettings
from promote.config.settings import Settings
from promote.placeholder import fill, has_stray_brace, placeholders
from promote.secret import fault_of, name_of

_URL = re.compile(r"https?://[^\s/?#@]+(?:/[^\s?#]*)?\Z")
_PROJECT = re.compile(r"[^/\s][^/\n]*(?:/[^/\n]+)+\Z")
_NAME = re.compile(r"(?:team:)?[^\s,:@][^\n,:@]*\Z")
# What a branch's name has to tell apart, by what shares a pull request.
_NEEDED = {"environment": ("environment",), "app": ("environment", "app"), "run": ()}


def _branch(said: PullRequestSettings, path: Path, marks: Marks) -> None:
    text = said.branch
    if text is UNSET:
        return
    known = _NEEDED[said.group]
    if has_stray_brace(text) or (wrong := fault.of_branch(fill(text, {}, "x"))) is not None:
        marks.at_value((*path, "branch"), f"{quoted(text)} {'holds a stray brace' if has_stray_brace(text) else wrong}")
        return
    for name in placeholders(text):
        if name not in known:
            marks.at_value((*path, "branch"), f"{quoted(f'{{{name}}}')} says nothing with `group: {said.group}`")
    for name in known:
        if name not in placeholders(text):
            why = f"needs {{{name}}}: with `group: {said.group}` several would share this branch"
            marks.at_value((*path, "branch"), f"{quoted(text)} {why}")


def _request(said: PullRequestSettings, path: Path, marks: Marks) -> None:
    _branch(said, path, marks)
    for key, names in (("labels", said.labels), ("reviewers", said.reviewers), ("assignees", said.assignees)):
        for way, name in marks.items((*path, key), names):
            is_bad = not name.strip() or "\n" in name if key == "labels" else _NAME.match(name) is None
            if is_bad or (key == "assignees" and name.startswith("team:")):
                marks.at_value(way, f"{quoted(name)} is no name that a forge knows")
    for key, text in (("title", said.title), ("body", said.body), ("milestone", said.milestone)):
        if text is not UNSET and not text.strip():
            marks.at_value((*path, key), "expected a text, found nothing but space")


def check_forge(said: ForgeSettings, path: Path, marks: Marks, environ: Mapping[str, str]) -> None:
    """One `forge`; mistakes go to `marks`."""
    if said.url is not UNSET and _URL.match(said.url) is None:
        marks.at_value((*path, "url"), "is no address; expected one like https://github.example.com")
    if said.project is not UNSET and _PROJECT.match(said.project) is None:
        marks.at_value((*path, "project"), f"{quoted(said.project)} is no project; expected one like acme/gitops")
    if said.token is not UNSET and (wrong := fault_of(said.token, environ)) is not None:
        key, name = name_of(said.token)
        marks.at_value((*path, "token", key), f"{quoted(name)} {wrong}")
    if said.ca is not UNSET and (not said.ca.strip() or "\n" in said.ca):
        marks.at_value((*path, "ca"), "expected a file of PEM certificates")


def _named(settings: Settings) -> Iterator[tuple[str, PullRequestSettings, str]]:
    """The environments that make pull requests, how, and the branch of each; an app is any one."""
    for name, environment in settings.environments.items():
        deliver = settings.defaults.deliver if environment.deliver is UNSET else environment.deliver
        said = settings.defaults.pull_request if environment.pull_request is UNSET else environment.pull_request
        if deliver == "pull-request":
            how = PullRequestSettings() if said is UNSET else said
            yield name, how, branch_of(how, name, "x")


def check_requests(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """All that concerns pull requests; mistakes go to `marks` (SEMANTICS 7.1)."""
    if settings.forge is not UNSET:
        check_forge(settings.forge, ("forge",), marks, environ)
    if settings.defaults.pull_request is not UNSET:
        _request(settings.defaults.pull_request, ("defaults", "pull_request"), marks)
    for name, environment in settings.environments.items():
        if environment.pull_request is not UNSET:
            _request(environment.pull_request, ("environments", name, "pull_request"), marks)
        if environment.forge is not UNSET:
            check_forge(environment.forge, ("environments", name, "forge"), marks, environ)
    if settings.defaults.forge is not UNSET:
        check_forge(settings.defaults.forge, ("defaults", "forge"), marks, environ)
    _apart(settings, marks)


def _apart(settings: Settings, marks: Marks) -> None:
    """No branch may be a folder of another's name: git could not keep both."""
    branches: dict[str, str] = {}
    for name, how, branch in _named(settings):
        for other, whose in branches.items():
            if other != branch and (f"{other}/".startswith(f"{branch}/") or f"{branch}/".startswith(f"{other}/")):
                where: Path = ("environments", name)
                marks.at_key(where, f"its pull requests' branch {quoted(branch)} and {whose}'s {quoted(other)} collide")
                return
        if how.group != "run" or branch not in branches:
            branches[branch] = name
