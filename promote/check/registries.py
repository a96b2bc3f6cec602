"""The registries of what environments run: whether they answer, and what limits they set."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta

from promote.check.finding import Finding
from promote.duration import show_duration
from promote.estate.estate import Estate
from promote.image import Repository
from promote.question import (
    Absent,
    Admitted,
    Answer,
    Answers,
    Asking,
    Facts,
    Limits,
    Question,
    Quota,
    SignedIn,
    Tags,
    Unknown,
    Unreadable,
)

# Where an answer ends with a registry's own words, and names no cure.
_SEE = "see that this registry can be reached from here, and that whoever is signed in may pull from it"
_PUSH = "push the image again, or set another version"
_NAME = "push it, or correct what names it"


def _asked(estates: Mapping[str, Estate]) -> Mapping[Repository, frozenset[Question]]:
    """What is asked of each image: its tags where a policy will ask for them, and the version that runs.

    Limits are told where images are asked for, not in lists of tags.
    """
    asked: dict[Repository, set[Question]] = {}
    for estate in estates.values():
        for app in estate.apps.values():
            versions = estate.versions(app.name)
            for repository in app.repositories:
                running, questions = versions.get(repository), asked.setdefault(repository, set())
                if app.policy is not None and app.policy.kind != "digest":
                    questions.add(Tags(repository))
                if running is not None and running.reference:
                    questions.add(Facts(repository, running.reference))
    return {repository: frozenset(asked[repository]) for repository in sorted(asked, key=str) if asked[repository]}


def _limits(asked: Iterable[Repository]) -> Asking[tuple[Finding, ...]]:
    """What registries have said of how much more they let us pull, once a host; asked last, when they have answered."""
    hosts = {repository.host: Limits(repository) for repository in asked}
    answers: Answers = (yield frozenset(hosts.values())) if hosts else {}
    out = []
    for host, question in hosts.items():
        quota = answers[question]
        if isinstance(quota, Quota):
            over = f", counted over {show_duration(timedelta(seconds=quota.seconds))}" if quota.seconds else ""
            what = f"{quota.remaining} of {quota.limit} pulls are left{over}"
            if quota.remaining * 10 < quota.limit:
                out.append(Finding("warning", host, "pulls-left", what, "sign in for more, or set a `mirror`"))
            else:
                out.append(Finding("ok", host, "pulls-left", what))
    return tuple(out)


def _signed_in(asked: Iterable[Repository]) -> Asking[tuple[Finding, ...]]:
    """As whom registries were asked, once a host and user."""
    questions = {repository: SignedIn(repository) for repository in asked}
    answers: Answers = (yield frozenset(questions.values())) if questions else {}
    found: dict[Finding, None] = {}
    for repository, question in questions.items():
        match answers[question]:
            case Admitted("", _):
                told = "asked without signing in"
            case Admitted(user, source):
                told = f"signed in as {user}" + (f", by {source}" if source else "")
            case _:
                continue
        found[Finding("ok", repository.host, "signed-in", told)] = None
    return tuple(found)


def _finding(repository: Repository, answer: Answer) -> Finding:
    name = str(repository)
    match answer:
        case Unknown(_, code):
            return Finding("error", name, "registry", answer.told, answer.cure or _SEE, exit_code=code)
        case Unreadable():
            return Finding("error", name, "registry", answer.told, answer.cure or _PUSH, exit_code=4)
        case Absent():
            return Finding("error", name, "no-such-tag", answer.told, answer.cure or _NAME, exit_code=4)
        case tuple():
            return Finding("ok", name, "registry", f"{len(answer)} tags")
        case _:
            return Finding("ok", name, "registry", "answers")


def _image(repository: Repository, questions: frozenset[Question], answers: Answers) -> tuple[Finding, ...]:
    """Every fault of an image; without any, that its registry answers, and with how many tags."""
    tags_first = sorted(questions, key=lambda question: (not isinstance(question, Tags), repr(question)))
    found = [_finding(repository, answers[each]) for each in tags_first]
    return tuple(dict.fromkeys(one for one in found if one.level == "error")) or (found[0],)


def registries(estates: Mapping[str, Estate]) -> Asking[tuple[Finding, ...]]:
    """Whether each repository answers, as whom it was asked, and how much more each registry lets us pull."""
    asked = _asked(estates)
    questions = frozenset[Question]().union(*asked.values())
    answers: Answers = (yield questions) if questions else {}
    found = {repository: _image(repository, asked[repository], answers) for repository in asked}
    told = tuple(finding for several in found.values() for finding in several)
    # What was denied was not asked as anybody.
    well = [repository for repository, several in found.items() if all(each.level == "ok" for each in several)]
    return (*told, *(yield from _signed_in(well)), *(yield from _limits(asked)))
