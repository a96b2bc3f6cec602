"""Each item of `gates` and of `verify` becomes the gate that its key names."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from promote.gates import GATES, gates_of
from promote.gates.approval import Approval
from promote.gates.argocd import ArgocdCheck
from promote.gates.commit_status import CommitStatus
from promote.gates.freeze import Freeze
from promote.gates.gate import Gate
from promote.gates.http import HttpCheck
from promote.gates.max_behind import MaxBehind
from promote.gates.min_age import MinAge
from promote.gates.probing import ProbeGate
from promote.gates.run import RunCheck
from promote.gates.settings import GateSettings, VerifySettings
from promote.gates.signature import SignatureCheck
from promote.gates.soak import Soak
from promote.gates.window import Window, WindowSettings

WORK: dict[str, Any] = {"days": "mon-thu"}
FROST: dict[str, Any] = {"from": "2026-12-18", "until": "2027-01-04"}
MADE: list[tuple[dict[str, Any], Gate]] = [
    ({"soak": "1d12h"}, Soak(timedelta(hours=36))),
    ({"window": WORK}, Window((WindowSettings(days="mon-thu").compile("Asia/Tokyo"),))),
    ({"commit_status": "e2e"}, CommitStatus("e2e")),
    ({"commit_status": {"context": "e2e", "environment": "eu"}}, CommitStatus("e2e", "eu")),
    ({"approval": {"by": ["alice"]}, "locked": True}, Approval(("alice",), 1)),
    ({"min_age": "6h"}, MinAge(timedelta(hours=6))),
    ({"max_behind": 3}, MaxBehind(3)),
    ({"argocd": {"server": "https://a.io", "app": "web"}}, ProbeGate(ArgocdCheck("https://a.io", "web"))),
    ({"http": {"url": "https://a.io"}}, ProbeGate(HttpCheck("https://a.io"))),
    ({"run": "./smoke.sh -x"}, ProbeGate(RunCheck(("./smoke.sh", "-x")))),
    ({"run": {"command": "a", "timeout": "1m"}}, ProbeGate(RunCheck(("a",), timedelta(minutes=1)))),
    ({"signature": {"key": "cosign.pub"}}, ProbeGate(SignatureCheck("cosign.pub"))),
]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"soak": "24"}, "'24' has no unit"),
        ({"soak": "0s"}, "soak is 0s, and so would always pass"),
        ({"min_age": "0h0m"}, "min_age is 0h0m, and so would always pass"),
        ({"window": []}, "window is an empty list"),
        ({"freeze": []}, "freeze is an empty list"),
        ({"commit_status": ""}, "commit_status is empty"),
        ({"commit_status": {"context": ""}}, "length >= 1"),
        ({"run": ""}, "command names no program"),
        ({"max_behind": 0}, ">= 1"),
        ({"approval": {"by": []}}, "by is empty, and so nobody could approve"),
        ({"approval": {"by": ["a b, c"]}}, "'a b, c' is no name that a forge knows"),
        ({"approval": {"by": ["a"], "count": 0}}, ">= 1"),
        ({"approval": {"by": ["alice", "ALICE"], "count": 2}}, "count is 2, and by names 1"),
    ],
)
def test_what_could_never_say_anything_is_refused(said: dict[str, Any], why: str) -> None:
    with pytest.raises(msgspec.ValidationError) as caught:
        msgspec.convert(said, GateSettings)
    assert why in str(caught.value)


@pytest.mark.parametrize(("said", "gate"), MADE, ids=lambda each: next(iter(each)) if isinstance(each, dict) else "")
def test_the_key_names_the_gate(said: dict[str, Any], gate: Gate) -> None:
    settings = msgspec.convert(said, GateSettings)
    assert gates_of([settings], "Asia/Tokyo") == (gate,)
    assert gate.name == settings.kind == next(iter(said))


def test_a_window_and_a_freeze_may_be_several_and_take_the_time_zone_of_the_environment() -> None:
    both = msgspec.convert({"window": [WORK, {**WORK, "timezone": "UTC"}]}, GateSettings)
    (windows,) = gates_of([both], "Asia/Tokyo")
    assert isinstance(windows, Window)
    assert [each.zone.key for each in windows.openings] == ["Asia/Tokyo", "UTC"]
    for said in (FROST, [FROST]):
        (freeze,) = gates_of([msgspec.convert({"freeze": said}, GateSettings)], "Asia/Tokyo")
        assert isinstance(freeze, Freeze)
        assert [each.start.isoformat() for each in freeze.frosts] == ["2026-12-17T15:00:00+00:00"]


def test_verify_has_gates_too() -> None:
    assert gates_of([msgspec.convert({"commit_status": "e2e"}, VerifySettings)], "UTC") == (CommitStatus("e2e"),)
    assert gates_of([msgspec.convert({"run": "a"}, VerifySettings)], "UTC") == (ProbeGate(RunCheck(("a",))),)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"commit_status": ""}, VerifySettings)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"run": ""}, VerifySettings)


def test_6_4_live_gates_are_those_that_ask_what_runs_now() -> None:
    assert {gate.name for _, gate in MADE if gate.is_live} == {"argocd", "http", "run"}


def test_no_gate_is_without_its_key() -> None:
    assert set(GATES) == set(GateSettings.ONE_OF)
    assert set(VerifySettings.ONE_OF) < set(GATES)
    fields = set(GateSettings.__struct_fields__) - {"locked"}
    assert (fields, set(VerifySettings.__struct_fields__)) == (set(GateSettings.ONE_OF), set(VerifySettings.ONE_OF))
