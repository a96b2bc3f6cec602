"""Plans without a network: estates from folders, and a dict that answers what a registry would."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path

from promote.api.planning import planned
from promote.image import Repository, Version, parse_version
from promote.outcome import Plan
from promote.plan.intent import Before, Intent, Rules, Set
from promote.question import (
    Absent,
    Admitted,
    Answer,
    Answers,
    Facts,
    Known,
    Limits,
    Now,
    Past,
    Probe,
    Question,
    Quota,
    Ran,
    Request,
    Reviews,
    SignedIn,
    Standing,
    Stands,
    Statuses,
    Tags,
    Unknown,
    drive,
)
from tests.clock import NOON
from tests.estate.building import Built, Files, build

WEB = "ghcr.io/acme/web"
API = "ghcr.io/acme/api"
NOTHING_STANDS = Standing(None, None)
HEAD, URL = "a" * 40, "https://git.example.com/pulls/7"
OPEN = Request(7, URL, "open", HEAD)


def sha(letter: str) -> str:
    return f"sha256:{letter * 64}"


@dataclass
class Book:
    """What a registry knows: per image its tags, each with its digest's letter and the year it was made in.

    `dark` images do not answer. `pasts` are what apps ran, by their names, `standing` is what every promotion branch
    holds. `asked` holds each question, as often as it came.
    """

    images: Mapping[str, Mapping[str, tuple[str, int | None]]]
    dark: Sequence[str] = ()
    quota: Quota | None = None
    admitted: Admitted | None = None
    pasts: Mapping[str, Past | Unknown] = field(default_factory=dict)
    standing: Standing | Unknown = NOTHING_STANDS
    outside: Mapping[Question, Answer] = field(default_factory=dict)
    asked: list[Question] = field(default_factory=list)

    def __call__(self, questions: frozenset[Question]) -> Answers:
        self.asked += questions
        return {question: self._answer(question) for question in questions}

    def _answer(self, question: Question) -> Answer:
        if isinstance(question, Now):
            return NOON
        if isinstance(question, Ran):
            past = self.pasts[question.app]
            if isinstance(past, Unknown) or len(past.stretches) <= question.least:
                return past
            return Past(past.stretches[: question.least], is_whole=False)
        if isinstance(question, Stands):
            return self._stands(question.head)
        if isinstance(question, Probe | Statuses | Reviews):
            return self.outside[question]
        repository: Repository = question.repository
        if str(repository) in self.dark:
            return Unknown(f"{repository} does not answer", 4)
        tags = self.images.get(str(repository), {})
        match question:
            case Tags():
                return tuple(sorted(tags))
            case Limits():
                return self.quota
            case SignedIn():
                return self.admitted
            case Facts(_, reference, what):
                for tag, (letter, year) in tags.items():
                    if reference in (tag, sha(letter)):
                        made = datetime(year, 1, 1, tzinfo=UTC) if year is not None and "created" in what else None
                        return Known(sha(letter), made)
                return Absent("404")

    def _stands(self, head: str) -> Standing | Unknown:
        """What goes forward does not stand on the branch of rollbacks."""
        if not head.startswith("promote/rollback/") or isinstance(self.standing, Unknown):
            return self.standing
        proposed = self.standing.proposed
        goes_forward = proposed is not None and any(item.undone is None for item in proposed.carried)
        return NOTHING_STANDS if goes_forward else self.standing

    @property
    def facts(self) -> list[str]:
        """What was asked of single tags and digests: `REFERENCE WHAT`."""
        facts = [question for question in self.asked if isinstance(question, Facts)]
        return sorted(f"{question.reference[:9]} {' '.join(sorted(question.what))}" for question in facts)


TAGS: Mapping[str, tuple[str, int | None]] = {
    "1.4.0": ("4", 2024),
    "1.5.0": ("5", 2025),
    "1.6.0": ("6", 2026),
    "main": ("e", None),
    "old": ("0", 1970),
}


def book(dark: Sequence[str] = ()) -> Book:
    return Book(
        {
            WEB: TAGS,
            API: TAGS,
            f"{WEB}-migrate": TAGS,
        },
        dark,
    )


def wanted(environment: str, **versions: str) -> Set:
    found = {app: parse_version(text) for app, text in versions.items()}
    return Set(environment, tuple((app, version) for app, version in found.items() if version is not None))


def at_a_tip(built: Built) -> Built:
    """The same estates, as if they lay on a branch."""
    return Built({name: replace(each, tip="1" * 40) for name, each in built.estates.items()}, built.noted)


def plan(
    built: Built, intent: Intent, registry: Book, rules: Rules | None = None, before: Before | None = None
) -> Plan:
    return drive(planned(intent, rules or Rules(), built.estates, before or Before()), registry)


def outcome(plan: Plan) -> list[str]:
    """Every outcome in a line: `ENV APP OLD → NEW`, or `ENV APP CODE`."""
    told = [f"{each.environment} {each.app} {_short(each.old)} → {each.new.short}" for each in plan.changes]
    told += [f"{each.environment} {each.app} {each.code}" for each in plan.skips]
    told += [f"{each.environment} {each.app} {each.code}" for each in plan.refusals]
    return told + [f"{each.environment} {each.app} {each.code} {each.exit_code}" for each in plan.failures]


def _short(version: Version | None) -> str:
    return "-" if version is None else version.short


def after(plan: Plan, path: str) -> str:
    """The file's text after the last step that changes it; each step must begin where the one before it ended."""
    text: bytes | None = None
    for step in plan.steps:
        for change in step.files:
            if change.path == path.encode():
                assert text is None or change.before == text
                text = change.after
    assert text is not None, f"{path} is not changed"
    return text.decode()


@dataclass(frozen=True)
class House:
    """A folder that is planned on once and again, with other files."""

    root: Path
    config: str

    def with_(self, files: Files) -> Built:
        return build(self.root, self.config, files)
