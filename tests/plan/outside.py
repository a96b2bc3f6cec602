"""What a pipeline asks outside of its files, from tables: pasts, probes, reviews, promotion branches, the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from promote.outcome import Plan
from promote.question import (
    Answer,
    Answers,
    Now,
    Past,
    Probe,
    Probed,
    Question,
    Ran,
    Reviewed,
    Reviews,
    Standing,
    Stands,
    Unknown,
)
from tests.clock import NOON
from tests.estate.building import Files, kustomization
from tests.gates.world import past, ran
from tests.plan.pasts import version
from tests.plan.planning import API, NOTHING_STANDS, TAGS, WEB, Book

APPS = f"""\
apps:
  web: {{image: {WEB}, policy: {{semver: "*"}}}}
  api: {{image: {API}, policy: {{semver: "*"}}}}
"""
WELL, STARTING, BROKEN = Probed("passed", "well"), Probed("waiting", "starting"), Probed("failed", "broken")
HTTP = '{http: {url: "https://example.com/{app}"}}'
# Where 1.5.0 of web is held, by the name of the environment.
HELD = {".promote/holds/%s.yaml": "holds:\n  - {app: web, version: 1.5.0, reason: it leaks}\n"}
Stretches = list[tuple[str, float]]
MORE: Mapping[str, tuple[str, int | None]] = {**TAGS, "1.3.0": ("3", 2023), "1.7.0": ("7", 2026)}


def runs(environment: str, **apps: str | None) -> Files:
    """The files of an environment that runs these versions, TAG or TAG@DIGEST; None: it lacks the app."""
    images = {"web": WEB, "api": API}
    split = {app: said.partition("@") for app, said in apps.items() if said is not None}
    return {
        f"{environment}/{app}/kustomization.yaml": kustomization(images[app], tag, digest=digest or None)
        for app, (tag, _, digest) in split.items()
    }


def lived_through(*said: tuple[str, float]) -> Past:
    """A past: each version with since how many hours it ran, the newest first."""
    return past(*(ran(version(text), ago) for text, ago in said))


@dataclass
class Outside(Book):
    """A registry, and all else: pasts by (environment, app), probes by app, standings by branch.

    `rounds` are the questions as they came together.
    """

    ran: Mapping[tuple[str, str], Past | Unknown] = field(default_factory=dict)
    probes: Mapping[str, Probed | Unknown] = field(default_factory=dict)
    reviewed: Answer = field(default_factory=lambda: Reviewed(None))
    heads: Mapping[str, Standing | Unknown] = field(default_factory=dict)
    now: datetime = NOON
    rounds: list[frozenset[Question]] = field(default_factory=list)

    def __call__(self, questions: frozenset[Question]) -> Answers:
        self.rounds.append(questions)
        return super().__call__(questions)

    def _answer(self, question: Question) -> Answer:
        match question:
            case Now():
                return self.now
            case Probe():
                return self.probes[question.app]
            case Reviews():
                return self.reviewed
            case Stands():
                return self.heads.get(question.head, NOTHING_STANDS)
            case Ran():
                said = self.ran[question.environment, question.app]
                if isinstance(said, Unknown) or len(said.stretches) <= question.least:
                    return said
                return Past(said.stretches[: question.least], is_whole=False)
            case _:
                return super()._answer(question)


def outside(
    *,
    ran: Mapping[tuple[str, str], Past | Unknown] | None = None,
    probes: Mapping[str, Probed | Unknown] | None = None,
    heads: Mapping[str, Standing | Unknown] | None = None,
    dark: tuple[str, ...] = (),
) -> Outside:
    return Outside({WEB: MORE, API: MORE}, dark, ran=ran or {}, probes=probes or {}, heads=heads or {})


def reasons(plan: Plan) -> str:
    """All that is told of what does not go."""
    told = [each.reason for each in plan.skips] + [each.reason for each in plan.refusals]
    return "\n".join([*told, *(each.reason for each in plan.failures)])
