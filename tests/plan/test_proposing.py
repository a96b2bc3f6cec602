"""What becomes a pull request: this run's changes as they meet what stands on its branch (SEMANTICS 7.1, 7.3)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from promote.config.request_settings import PullRequestSettings
from promote.errors import UsageError
from promote.image import Version
from promote.outcome import Plan
from promote.place import Place
from promote.plan.intent import Rules
from promote.question import Carried, Proposed, Request, Standing, Unknown
from tests.estate.building import Built, build
from tests.plan.planning import API, HEAD, OPEN, WEB, Book, at_a_tip, outcome, plan, wanted

CONFIG = f"""
apps:
  web: {{image: {WEB}, policy: {{semver: "*"}}}}
  api: {{image: {API}, policy: {{semver: "*"}}}}
environments:
  prod: {{path: prod, deliver: pull-request}}
"""


def built(folder: Path) -> Built:
    files = {"prod/k.yaml": f"images:\n- {{name: {WEB}, newTag: 1.4.0}}\n- {{name: {API}, newTag: 1.0.0}}\n"}
    return at_a_tip(build(folder, CONFIG, {"prod/kustomization.yaml": files["prod/k.yaml"]}))


def carried(app: str, tag: str) -> Carried:
    return Carried("prod", app, None, Version(tag))


def standing(*items: Carried, request: Request | None = OPEN, is_ours: bool = True, oid: str = HEAD) -> Standing:
    return Standing(Proposed(oid, items, is_ours) if items else None, request)


def planned(folder: Path, found: Standing | Unknown, rules: Rules | None = None, **versions: str) -> Plan:
    tags = {tag: (str(number), 2025) for number, tag in enumerate(("1.0.0", "1.1.0", "1.4.0", "1.5.0", "1.6.0"), 1)}
    book = Book({WEB: tags, API: tags}, standing=found)
    return plan(built(folder), wanted("prod", **(versions or {"web": "1.5.0"})), book, rules)


def pushed(made: Plan) -> list[str]:
    """What each commit would carry, those that stood there before in brackets."""
    out = []
    for step in made.steps:
        news = {item.app for item in step.news}
        out += [f"{each.app} {each.new}" if each.app in news else f"({each.app} {each.new})" for each in step.carried]
    return out


MERGED, CONFLICT = replace(OPEN, state="merged"), replace(OPEN, conflicts=True)
DECLINED = replace(OPEN, state="closed", versions=(("prod", "web", Version("1.5.0")),))


@pytest.mark.parametrize(
    ("found", "told", "commit"),
    [
        # Refused, failed, and nothing to do.
        (Unknown("the forge is down", 6), ["prod web forge 6"], []),
        (Unknown("the remote is down", 5), ["prod web proposal 5"], []),
        (standing(carried("web", "1.4.0"), is_ours=False), ["prod web branch-edited"], []),
        (standing(carried("web", "1.5.0")), ["prod web proposed"], []),
        (standing(carried("web", "1.6.0")), ["prod web overtaken"], []),
        (standing(carried("web", "1.5.0"), request=replace(OPEN, state="closed")), ["prod web declined"], []),
        (standing(request=DECLINED), ["prod web declined"], []),
        # New, alone or with what stands there.
        (standing(request=None), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        (standing(carried("web", "1.4.0")), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        (standing(carried("api", "1.1.0")), ["prod web 1.4.0 → 1.5.0"], ["(api 1.1.0)", "web 1.5.0"]),
        (standing(carried("api", "1.0.0")), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        (standing(carried("gone", "1.0.0")), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        # Merged or closed: what stood there is over.
        (standing(carried("api", "1.1.0"), request=MERGED), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        (standing(request=replace(DECLINED, is_done=True)), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        (standing(request=replace(DECLINED, versions=())), ["prod web 1.4.0 → 1.5.0"], ["web 1.5.0"]),
        # In conflict with its base: built anew, though nothing is new.
        (standing(carried("web", "1.5.0"), request=CONFLICT), ["prod web proposed"], ["(web 1.5.0)"]),
    ],
)  # fmt: skip
def test_7_1_what_a_change_meets(
    tmp_path: Path, found: Standing | Unknown, told: list[str], commit: list[str]
) -> None:
    made = planned(tmp_path, found)
    assert outcome(made) == told
    assert pushed(made) == commit
    for step in made.steps:
        assert step.place.branch == "promote/env/prod"
        assert step.onto is not None
        proposed = found.proposed if isinstance(found, Standing) else None
        assert (step.onto.tip, step.onto.expected) == ("1" * 40, None if proposed is None else proposed.oid)


def test_7_1_what_was_pushed_after_the_end_names_its_branch(tmp_path: Path) -> None:
    """It named the pull request that a person had closed."""
    ended = replace(OPEN, state="closed", head_oid="b" * 40)
    (skip,) = planned(tmp_path, standing(carried("web", "1.5.0"), request=ended)).skips
    assert (skip.code, skip.reason) == ("proposed", "web 1.5.0 is proposed already: branch promote/env/prod")
    (skip,) = planned(tmp_path, standing(carried("web", "1.5.0"))).skips
    assert skip.reason == f"web 1.5.0 is proposed already: {OPEN.url}"


def test_7_1_no_pull_request_comes_from_the_branch_that_it_goes_into(tmp_path: Path) -> None:
    """`pull_request: {branch: main, group: run}` would have pushed past every review."""
    there = built(tmp_path)
    one = there.estates["prod"]
    said = PullRequestSettings(group="run", branch="main")
    estate = replace(
        one, place=Place("file:///r", "main"), environment=replace(one.environment, pull_request=said)
    )
    with pytest.raises(UsageError, match="is the branch that its pull requests go into"):
        plan(Built({"prod": estate}, there.noted), wanted("prod", web="1.5.0"), Book({}), None)


def test_7_1_what_its_base_has_by_now_is_closed(tmp_path: Path) -> None:
    made = planned(tmp_path, standing(carried("web", "1.4.0")), web="1.4.0")
    assert outcome(made) == ["prod web already"]
    assert [(each.head, each.carried, each.expected) for each in made.proposals] == [("promote/env/prod", (), HEAD)]
    assert made.steps == ()


def test_7_1_an_older_version_takes_a_newer_ones_place_where_that_is_allowed(tmp_path: Path) -> None:
    made = planned(tmp_path, standing(carried("web", "1.6.0")), Rules(allow_downgrade=True))
    assert pushed(made) == ["web 1.5.0"]


def test_what_was_declined_is_told_beside_what_is_proposed(tmp_path: Path) -> None:
    made = planned(tmp_path, standing(request=DECLINED), web="1.5.0", api="1.1.0")
    assert pushed(made) == ["api 1.1.0"]
    assert [(each.app, each.code) for proposal in made.proposals for each in proposal.left] == [("web", "declined")]


def test_the_command_line_may_say_how_it_is_delivered(tmp_path: Path) -> None:
    made = planned(tmp_path, standing(request=None), Rules(deliver="commit"))
    assert [step.onto for step in made.steps] == [None]
    assert made.proposals == ()
