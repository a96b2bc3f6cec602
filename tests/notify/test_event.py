"""What there is to tell of a delivery."""

from __future__ import annotations

from dataclasses import replace

from promote.image import Version
from promote.notify.event import covered, events_of
from promote.outcome import Commit, Delivery, Plan, Refusal
from promote.question import Carried
from tests.notify.deliveries import MAIN, OID, PROMOTED, PULL, REPO, delivery, page, proposed, pushed


def test_nothing_done_and_nothing_wrong_is_nothing_to_tell() -> None:
    assert events_of(Delivery(Plan(skips=delivery().plan.skips)), page) == ()


def test_what_was_not_pushed_was_not_promoted() -> None:
    step, commit = pushed(PROMOTED)
    assert events_of(Delivery(Plan(steps=(step,)), (replace(commit, pushed=False),)), page) == ()


def test_one_event_a_kind() -> None:
    found = {event.kind: event for event in events_of(delivery(), page)}
    assert set(found) == {"promoted", "waiting-changed", "refused", "failed"}
    promoted = found["promoted"]
    assert (promoted.pair, promoted.old, promoted.new, promoted.source) == (
        ("prod", "web"),
        Version("1.4.0"),
        Version("1.5.0"),
        "test",
    )
    assert (promoted.repo, promoted.branch, promoted.commit, promoted.is_proposed) == (REPO, "main", OID, False)
    assert promoted.page == f"https://git.example.com/acme/gitops/commit/{OID}"
    waits = found["waiting-changed"]
    assert (waits.gate, waits.until) == ("soak", "2026-01-06T12:00:00+00:00")
    assert (found["refused"].code, found["failed"].code) == ("downgrade", "registry")


def test_what_is_held_waits() -> None:
    held = Refusal("prod", "web", "held", "held by ann")
    assert [event.kind for event in events_of(Delivery(Plan(refusals=(held,))), page)] == ["waiting-changed"]


def test_each_step_of_a_place_has_its_own_commit() -> None:
    api = Carried("dev", "api", None, Version("2"))
    steps = (pushed(PROMOTED)[0], pushed(api)[0])
    commits = (Commit(MAIN, "a" * 40, True), Commit(MAIN, "b" * 40, True))
    events = events_of(Delivery(Plan(steps=steps), commits), page)
    assert [(event.app, event.commit) for event in events] == [("web", "a" * 40), ("api", "b" * 40)]


def test_7_1_of_a_pull_request_only_what_is_new_in_it_is_told() -> None:
    (event,) = events_of(proposed(), page)
    assert (event.app, event.is_proposed, event.pull_request) == ("web", True, PULL)
    assert event.branch == "promote/env/prod"


def test_what_a_run_looked_at() -> None:
    assert covered(delivery()) == {("dev", "web"), ("prod", "api"), ("test", "shop"), ("test", "cron")}
