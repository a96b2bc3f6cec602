"""Whether what promote.yaml says of pull requests and forges fits together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from msgspec import UNSET

from promote.config import fault
from promote.config.marks import Marks, Path, quoted
from promote.config.request_branch import branch_of, collide, is_kept, request_template, tells_by_app
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


def forges(settings: Settings) -> Iterator[tuple[Path, ForgeSettings]]:
    """Every `forge` of promote.yaml, and where it stands."""
    for path, said in (
        (("forge",), settings.forge),
        (("defaults", "forge"), settings.defaults.forge),
        *((("environments", name, "forge"), each.forge) for name, each in settings.environments.items()),
    ):
        if said is not UNSET:
            yield path, said


def _forge(said: ForgeSettings, path: Path, marks: Marks, environ: Mapping[str, str]) -> None:
    if said.url is not UNSET and _URL.match(said.url) is None:
        marks.at_value((*path, "url"), "is no address; expected one like https://github.example.com")
    if said.project is not UNSET and _PROJECT.match(said.project) is None:
        marks.at_value((*path, "project"), f"{quoted(said.project)} is no project; expected one like acme/gitops")
    if said.token is not UNSET and (wrong := fault_of(said.token, environ)) is not None:
        key, name = name_of(said.token)
        marks.at_value((*path, "token", key), f"{quoted(name)} {wrong}")
    if said.ca is not UNSET and (not said.ca.strip() or "\n" in said.ca):
        marks.at_value((*path, "ca"), "expected a file of PEM certificates")


def _named(settings: Settings) -> Iterator[tuple[str, PullRequestSettings, Path]]:
    """The environments that make pull requests, how, and where promote.yaml says so."""
    for name, environment in settings.environments.items():
        deliver = settings.defaults.deliver if environment.deliver is UNSET else environment.deliver
        own = environment.pull_request
        said = settings.defaults.pull_request if own is UNSET else own
        if deliver == "pull-request":
            path: Path = ("defaults", "pull_request") if own is UNSET else ("environments", name, "pull_request")
            yield name, PullRequestSettings() if said is UNSET else said, path


def check_requests(settings: Settings, marks: Marks, environ: Mapping[str, str]) -> None:
    """All that concerns pull requests; mistakes go to `marks` (SEMANTICS 7.1)."""
    for path, said in forges(settings):
        _forge(said, path, marks, environ)
    if settings.defaults.pull_request is not UNSET:
        _request(settings.defaults.pull_request, ("defaults", "pull_request"), marks)
    for name, environment in settings.environments.items():
        if environment.pull_request is not UNSET:
            _request(environment.pull_request, ("environments", name, "pull_request"), marks)
    _kept(settings, marks)
    _apart(settings, marks)


def _taken(settings: Settings, name: str, how: PullRequestSettings) -> str | None:
    """What is wrong with the first branch of an environment's pull requests that cannot be theirs."""
    environment = settings.environments[name]
    base = settings.defaults.branch if environment.branch is UNSET else environment.branch
    apps = [app for app in settings.apps if "*" not in app] if tells_by_app(request_template(how)) else []
    for app in ("x", *apps):
        branch = branch_of(how, name, app)
        if is_kept(branch):
            return f"{quoted(branch)} is kept for holds and rollbacks; name another"
        if branch == base:
            return f"{quoted(branch)} is the branch that its pull requests go into; name another"
    return None


def _kept(settings: Settings, marks: Marks) -> None:
    """No branch may be one that holds and rollbacks come from, or the one that its pull requests go into."""
    told: set[Path] = set()
    for name, how, path in _named(settings):
        wrong = None if path in told else _taken(settings, name, how)
        if wrong is not None:
            told.add(path)
            marks.at_value((*path, "branch"), wrong)


def _apart(settings: Settings, marks: Marks) -> None:
    """No branch may be another's, or a folder of its name: git could not keep both."""
    branches: dict[str, tuple[str, bool]] = {}
    for name, how, _ in _named(settings):
        branch, is_run = branch_of(how, name, "x"), how.group == "run"
        for other, (whose, is_its_run) in branches.items():
            if collide(branch, other) and not (branch == other and is_run and is_its_run):
                where: Path = ("environments", name)
                marks.at_key(where, f"its pull requests' branch {quoted(branch)} and {whose}'s {quoted(other)} collide")
                return
        branches.setdefault(branch, (name, is_run))
