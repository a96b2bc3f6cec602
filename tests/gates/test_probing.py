"""A gate that probes: what it asks, and that the probe's word is the verdict (SEMANTICS 6.4, 9.1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import pytest

from promote.gates.argocd import ArgocdCheck
from promote.gates.gate import Case, Gate, Origin
from promote.gates.http import HttpCheck
from promote.gates.probing import Check, ProbeGate
from promote.gates.run import RunCheck
from promote.gates.signature import SignatureCheck
from promote.image import Repository, Version
from promote.place import Place
from promote.question import Answer, Answers, Probe, Probed, Question, Unknown, drive
from promote.verdict import Verdict

IMAGES = ((Repository("ghcr.io", "acme/web"), Version("1.5.0")),)
PLACE = Place("https://git.example.com/a", "main")
CASE = Case(
    "prod",
    "web",
    Version("1.5.0"),
    IMAGES,
    (Origin("test-eu", PLACE, "c1", Version("1.5.0")), Origin("test-us", PLACE, "c1", Version("1.5.0"))),
    Version("1.4.0"),
    values={"cluster": "eu"},
)


def judged(gate: Gate, answer: Answer, case: Case = CASE) -> tuple[Verdict, list[Question]]:
    asked: list[Question] = []

    def gather(questions: frozenset[Question]) -> Answers:
        asked.extend(questions)
        return dict.fromkeys(questions, answer)

    return drive(gate.judge(case), gather), asked


@pytest.mark.parametrize("state", ["failed", "waiting", "passed"])
def test_the_word_of_the_probe_is_the_verdict(state: Literal["failed", "waiting", "passed"]) -> None:
    verdict, asked = judged(ProbeGate(ArgocdCheck("https://a.io", "{app}-{cluster}")), Probed(state, "so it is"))
    assert verdict == Verdict("argocd", state, "so it is")
    assert asked == [
        Probe(
            ArgocdCheck("https://a.io", "web-eu"),
            "prod",
            "web",
            Version("1.5.0"),
            IMAGES,
            "test-eu,test-us",
            Version("1.4.0"),
        )
    ]


def test_9_1_a_fact_that_cannot_be_had_never_passes() -> None:
    verdict, _ = judged(ProbeGate(HttpCheck("https://a.io")), Unknown("nobody to ask", 3))
    assert verdict == Verdict("http", "unknown", "nobody to ask", exit_code=3)
    assert not verdict.passes


def test_without_origins_there_is_no_source() -> None:
    _, asked = judged(ProbeGate(RunCheck(("./a",))), Probed("passed", ""), Case("prod", "web", Version("1")))
    assert isinstance(asked[0], Probe)
    assert asked[0].source is None


@pytest.mark.parametrize(
    ("check", "name", "is_live"),
    [
        (ArgocdCheck("https://a.io", "a"), "argocd", True),
        (HttpCheck("https://a.io"), "http", True),
        (RunCheck(("./a",), timedelta(minutes=1)), "run", True),
        (SignatureCheck("a.pub"), "signature", False),
    ],
)
def test_6_4_what_can_only_judge_the_present(check: Check, name: str, is_live: bool) -> None:
    assert (ProbeGate(check).name, ProbeGate(check).is_live) == (name, is_live)
