"""`hold` and `release`, and what a hold keeps out of every other command (SEMANTICS 6.2, 7.2, 8.2, 8.3)."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.estate.holds import Holds
from promote.estate.holds_file import read_holds
from promote.image import Version
from promote.outcome import Plan, Refusal
from promote.plan import hold_file
from promote.plan.hold_file import without
from promote.plan.intent import Auto, Hold, Intent, Promote, Release, Rollback, Rules, Sources, Update
from promote.question import Carried, HoldChange, Now, Proposed, Request, Standing, Unknown
from promote.text.rewrite import rewrite
from promote.tree import Entry
from tests.clock import NOON
from tests.estate.building import Built, build, kustomization
from tests.plan.outside import Outside, outside
from tests.plan.pasts import past
from tests.plan.planning import API, HEAD, OPEN, WEB, after, at_a_tip, book, outcome, plan, wanted
from tests.text.documents import examples

CONFIG = f"""
apps:
  web: {{image: {WEB}, policy: {{semver: "*"}}}}
  api: {{image: {API}}}
environments:
  dev: {{path: dev}}
  prod: {{path: prod, from: dev}}
"""
PROPOSING = CONFIG.replace("from: dev", "from: dev, deliver: pull-request")
DEV, PROD = ".promote/holds/dev.yaml", ".promote/holds/prod.yaml"
LATER = "2999-01-01"


def built(folder: Path, config: str = CONFIG, **holds: str | bytes) -> Built:
    """dev runs web 1.5.0, prod 1.4.0; `holds` are the files by their environments."""
    files: dict[str, str | bytes] = {
        "dev/kustomization.yaml": kustomization(WEB, "1.5.0"),
        "prod/kustomization.yaml": kustomization(WEB, "1.4.0"),
    }
    files |= {f".promote/holds/{name}.yaml": text for name, text in holds.items()}
    return at_a_tip(build(folder, config, files))


def holding(*items: str) -> str:
    return "\n".join(["holds:", *(f"- {{{item}}}" for item in items), ""])


SET, TO, UPDATE = wanted("prod", web="1.5.0"), Promote("prod", Sources(("dev",))), Update(("dev",))
ONE, EVERY = "app: web, version: 1.5.0", "app: web, version: '*'"


@pytest.mark.parametrize(
    ("intent", "holds", "expected"),
    [
        # What names no `from` gate is stopped by the hold all the same.
        (SET, {"prod": holding(ONE)}, ["prod web held"]),
        (SET, {"prod": holding(EVERY)}, ["prod web held"]),
        (SET, {"prod": holding("app: '*', version: '*'")}, ["prod web held"]),
        (SET, {"prod": holding(f"{ONE}, until: {LATER}")}, ["prod web held"]),
        (TO, {"prod": holding(ONE)}, ["prod web held"]),
        # 6.2: a version that its source holds back is not carried on.
        (TO, {"dev": holding(ONE)}, ["prod web held"]),
        (UPDATE, {"dev": holding("app: web, version: 1.6.0")}, ["dev web held", "dev api no-policy"]),
        (SET, {"prod": "holds: web\n"}, ["prod web holds-unreadable"]),
        (TO, {"dev": "holds: web\n"}, ["prod web holds-unreadable"]),
        # What runs may stay: nothing would be brought in.
        (wanted("dev", web="1.5.0"), {"dev": holding(EVERY)}, ["dev web already"]),
        # Of another app, of another version, of another environment, or over.
        (SET, {"prod": holding("app: api, version: '*'")}, ["prod web 1.4.0 → 1.5.0"]),
        (SET, {"prod": holding("app: web, version: 1.6.0")}, ["prod web 1.4.0 → 1.5.0"]),
        (SET, {"prod": holding(f"{EVERY}, until: 2020-01-01")}, ["prod web 1.4.0 → 1.5.0"]),
        (UPDATE, {"prod": holding("app: '*', version: '*'")}, ["dev web 1.5.0 → 1.6.0", "dev api no-policy"]),
    ],
)  # fmt: skip
def test_8_3_a_held_version_is_brought_in_by_nothing(
    tmp_path: Path, intent: Intent, holds: dict[str, str], expected: list[str]
) -> None:
    made = plan(built(tmp_path, **holds), intent, book())
    assert sorted(outcome(made)) == sorted(expected)
    assert bool(made.steps) == any("→" in line for line in expected)


def test_8_3_what_is_told_of_a_hold(tmp_path: Path) -> None:
    registry = book()
    text = holding(f"{ONE}, by: Ann, at: 2026-01-02T03:04:05Z, reason: it fails, until: {LATER}")
    (refusal,) = plan(built(tmp_path, dev=text), TO, registry).refusals
    assert refusal.reason == (
        f"dev holds 1.5.0 of web back: it fails (by Ann, since 2026-01-02 03:04Z, until {LATER} 00:00Z, {DEV}:2:3); "
        "`promote release dev web` lets it in"
    )
    assert refusal.until == f"{LATER}T00:00:00Z"
    assert Now() in registry.asked
    # No registry is asked for what is not brought in.
    assert registry.facts == []


def test_8_3_the_time_is_asked_only_where_a_hold_ends(tmp_path: Path) -> None:
    registry = book()
    plan(built(tmp_path, prod=holding(ONE)), SET, registry)
    assert Now() not in registry.asked


# 8.3: the file.

ANN = "Ann <ann@example.com>"
THEN = datetime(2999, 1, 1, tzinfo=UTC)
HOLD = Hold("prod", ("web",), Version("1.5.0"), "it fails", None, ANN)


def told(made: Plan) -> list[str]:
    done = [f"{each.app} {each.version or '*'} {each.action}" for each in made.holds]
    return [*done, *outcome(made)]


@pytest.mark.parametrize(
    ("text", "intent", "expected"),
    [
        ("holds: web\n", HOLD, ["prod web holds-unreadable"]),
        (holding(ONE), HOLD, ["prod web already"]),
        (holding(f"{ONE}, until: {LATER}"), replace(HOLD, until=THEN), ["prod web already"]),
        (holding("app: api, version: 1.5.0"), Release("prod", ("web",)), ["prod web not-held"]),
        (holding(ONE), Release("prod", ("web",), Version("1.4.0")), ["prod web not-held"]),
        (holding(ONE), Release("prod"), ["prod * not-held"]),
        ("holds:\n-\n  app: web\n  version: 1.5.0\n", Release("prod", ("web",)), ["prod web not-removable"]),
    ],
)  # fmt: skip
def test_8_3_nothing_is_written_where_nothing_is_to_be(
    tmp_path: Path, text: str, intent: Intent, expected: list[str]
) -> None:
    made = plan(built(tmp_path, prod=text), intent, book())
    assert (told(made), made.steps, made.holds) == (expected, (), ())


def test_8_3_a_first_hold_makes_the_file(tmp_path: Path) -> None:
    until = NOON + timedelta(days=3)
    made = plan(built(tmp_path), replace(HOLD, reason='"quoted": #1', until=until), book())
    assert told(made) == ["web 1.5.0 held"]
    assert after(made, PROD) == (
        "# Versions that promote does not bring in: see `promote hold` and `promote release`.\n"
        "holds:\n- app: web\n  version: 1.5.0\n"
        f'  by: "{ANN}"\n  at: "{NOON:%Y-%m-%dT%H:%M:%S}Z"\n  reason: "\\"quoted\\": #1"\n'
        f'  until: "{until:%Y-%m-%dT%H:%M:%S}Z"\n'
    )


def test_8_3_another_end_takes_the_place_of_the_one_that_was_set(tmp_path: Path) -> None:
    text = f"# ours\nholds:\n  - app: api   # kept\n    version: 1.10\n  - {{{ONE}, until: {LATER}}}\n"
    made = plan(built(tmp_path, prod=text), HOLD, book())
    assert told(made) == ["web 1.5.0 held"]
    written = after(made, PROD)
    assert written.startswith("# ours\nholds:\n  - app: api   # kept\n    version: 1.10\n  - app: web\n")
    assert (written.count("web"), "until" in written) == (1, False)


@pytest.mark.parametrize(
    ("items", "intent", "left"),
    [
        ((ONE, EVERY, "app: api, version: '1'"), Release("prod", ("web",)), 1),
        ((ONE, EVERY), Release("prod", ("web",), Version("1.5.0")), 1),
        ((f"app: web, version: '1.5.0@sha256:{'a' * 64}'", EVERY), Release("prod", ("web",), Version("1.5.0")), 1),
        ((ONE, "app: '*', version: '*'"), Release("prod"), 1),
        ((ONE, "app: api, version: '*'"), Release("prod", ("web", "api")), 0),
        ((f"{ONE}, until: 2020-01-01",), Release("prod", ("web",)), 0),
    ],
)
def test_8_3_release_takes_out_what_is_named(
    tmp_path: Path, items: tuple[str, ...], intent: Release, left: int
) -> None:
    made = plan(built(tmp_path, prod=holding(*items)), intent, book())
    assert {each.action for each in made.holds} == {"released"}
    assert len(made.holds) == len(items) - left
    assert after(made, PROD).count("- {") == left


def _one_by_one(holds: Holds, places: list[int], change: HoldChange) -> Holds | Refusal:
    for place in sorted(places, reverse=True):
        one = without(holds, [place], change)
        if isinstance(one, Refusal):
            return one
        holds = one
    return holds


@given(st.lists(st.booleans(), min_size=1, max_size=7), st.booleans())
@examples(30)
def test_8_3_many_go_as_they_would_go_one_by_one(going: list[bool], flow: bool) -> None:
    items = [f"{{app: a{number}, version: '{number}'}}" for number in range(len(going))]
    text = f"holds: [{', '.join(items)}]\n" if flow else "".join(["holds:\n", *(f"- {item}  # x\n" for item in items)])
    path = PROD.encode()
    holds = read_holds(path, {path: (Entry(path, 0o100644, None), text.encode())})
    places = [number for number, goes in enumerate(going) if goes]
    many = without(holds, places, CHANGE)
    assert isinstance(many, Holds)
    assert [each.app for each in many.items] == [f"a{number}" for number, goes in enumerate(going) if not goes]
    one_by_one = _one_by_one(holds, places, CHANGE)
    assert isinstance(one_by_one, Holds)
    assert many.stream is not None
    assert one_by_one.stream is not None
    # In a flow list the comma before or after an item may go.
    assert (many.stream.data == one_by_one.stream.data) or flow


def test_8_3_many_holds_are_released_in_few_rounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each was taken out by itself, and the file read by two parsers each time: 2,000 took minutes."""
    rounds = list[int]()

    def counting(*given: Any) -> Any:
        rounds.append(1)
        return rewrite(*given)

    monkeypatch.setattr(hold_file, "rewrite", counting)
    many = holding(*(f"app: web, version: 0.0.{number}" for number in range(300)), "app: api, version: '1'")
    made = plan(built(tmp_path, prod=many), Release("prod", ("web",)), book())
    assert len(made.holds) == 300
    assert after(made, PROD) == holding("app: api, version: '1'")
    assert len(rounds) <= 10


def test_8_3_a_hold_that_would_not_fit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next run could not read the file, and nothing would be brought in."""
    full = holding(ONE.replace("web", "api"))
    one = built(tmp_path, prod=full)
    monkeypatch.setattr(hold_file, "MOST_BYTES", len(full) + 50)
    (refusal,) = plan(one, HOLD, book()).refusals
    assert (refusal.code, "MiB; take out by hand" in refusal.reason) == ("not-writable", True)
    registry = outside(ran={("prod", "web"): past("1.4.0", "1.3.0")})
    (refusal,) = plan(one, Rollback("prod", ("web",)), registry, Rules(verify_tag=False)).refusals
    assert (refusal.code, "MiB; take out by hand" in refusal.reason) == ("not-writable", True)


def test_8_3_what_lets_it_in_is_all_that_it_takes(tmp_path: Path) -> None:
    """Of two holds one was named, and releasing it let nothing in."""
    items = (ONE, EVERY, "app: '*', version: '*'", "app: web, version: 1.6.0")
    held = {"prod": holding(*items), "dev": holding(f"{ONE}, until: {LATER}")}
    (refusal,) = plan(built(tmp_path, **held), TO, book()).refusals
    assert refusal.reason == (
        f"prod holds 1.5.0 of web back: no reason is given ({PROD}:2:3), and 3 more; "
        "`promote release prod web`, `promote release prod` and `promote release dev web` together let it in"
    )
    # When the last of them ends nobody knows.
    assert refusal.until is None


def test_8_3_of_two_that_end_the_later_one_counts(tmp_path: Path) -> None:
    held = holding(f"{ONE}, until: 2998-01-01", f"{EVERY}, until: {LATER}")
    (refusal,) = plan(built(tmp_path, prod=held), SET, book()).refusals
    assert refusal.until == f"{LATER}T00:00:00Z"
    assert refusal.reason.endswith(", and 1 more; `promote release prod web` lets it in")


LINES = st.sampled_from(
    [
        "- app: api\n  version: 1.10   # why\n",
        "-   {app: db, version: '*'}\n",
        "- app: c\n\n  # of the version\n  version: '1'\n  reason: |\n    two\n    lines\n",
        "# a note\n",
        "\n",
    ]
)


HEADS = st.sampled_from(["holds:", "# first\nholds:   # ours"])


@given(st.lists(LINES, max_size=4), HEADS, st.sampled_from(["\n", "\r\n"]))
@examples(30)
def test_8_3_hold_then_release_gives_back_the_same_bytes(lines: list[str], head: str, ending: str) -> None:
    before = f"{head}\n{''.join(lines)}".replace("\n", ending).encode()
    with TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        held = plan(built(Path(folder), prod=before), HOLD, book())
        assert told(held) == ["web 1.5.0 held"]
        (change,) = held.steps[0].files
        assert change.after is not None
        back = plan(built(Path(folder), prod=change.after), Release("prod", ("web",)), book())
        assert told(back) == ["web 1.5.0 released"]
        assert back.steps[0].files[0].after == before


# 7.2 and 8.2: by pull requests.


def standing(*items: Carried, holds: tuple[HoldChange, ...] = (), request: Request | None = OPEN) -> Standing:
    return Standing(Proposed(HEAD, items, True, holds), request)


BRANCHES = {"env": "promote/env/prod", "back": "promote/rollback/prod", "hold": "promote/hold/prod"}


def branches(**stand: Standing | Unknown) -> Outside:
    """A registry, and what stands on promotion branches."""
    return outside(heads={BRANCHES[key]: each for key, each in stand.items()})


CLOSED_EARLIER = replace(OPEN, state="closed", head_oid="b" * 40)
BACK = Carried("prod", "web", Version("1.5.0"), Version("1.4.0"), undone=Version("1.5.0"))
CHANGE = HoldChange("prod", "web", Version("1.5.0"), "held", "it fails", by=ANN, at=NOON)


@pytest.mark.parametrize(
    ("stand", "expected"),
    [
        ({"back": standing(BACK)}, ["prod web held"]),
        ({"hold": standing(holds=(CHANGE,))}, ["prod web held"]),
        ({"hold": standing(holds=(CHANGE,), request=None)}, ["prod web held"]),
        ({"hold": standing(holds=(replace(CHANGE, app="*", version=None),))}, ["prod web held"]),
        ({"back": Unknown("the forge is down", 6)}, ["prod web forge 6"]),
        ({"hold": Unknown("the remote is down", 5)}, ["prod web proposal 5"]),
        # What was pushed since then was never judged by anybody.
        ({"hold": standing(holds=(CHANGE,), request=CLOSED_EARLIER)}, ["prod web held"]),
        ({"back": standing(BACK, request=replace(CLOSED_EARLIER, state="merged"))}, ["prod web held"]),
        ({"hold": standing(holds=(CHANGE,), request=replace(OPEN, state="closed"))}, ["prod web 1.4.0 → 1.5.0"]),
        ({"back": standing(BACK, request=replace(OPEN, state="merged"))}, ["prod web 1.4.0 → 1.5.0"]),
        ({"hold": standing(holds=(replace(CHANGE, until=NOON),))}, ["prod web 1.4.0 → 1.5.0"]),
        ({"hold": standing(holds=(replace(CHANGE, action="released"),))}, ["prod web 1.4.0 → 1.5.0"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("deliver", [None, "commit"])
def test_8_2_what_an_open_pull_request_holds_back_counts(
    tmp_path: Path, stand: dict[str, Standing], expected: list[str], deliver: str | None
) -> None:
    rules = Rules(deliver="commit") if deliver == "commit" else Rules()
    assert outcome(plan(built(tmp_path, PROPOSING), SET, branches(**stand), rules)) == expected


@pytest.mark.parametrize(
    ("request_", "where", "cure"),
    [
        (OPEN, OPEN.url, f"closing {OPEN.url}"),
        (None, "branch promote/hold/prod, which has no open pull request yet", "deleting branch promote/hold/prod"),
        (
            CLOSED_EARLIER,
            "branch promote/hold/prod, which has no open pull request yet",
            "deleting branch promote/hold/prod",
        ),
    ],
)
def test_8_2_what_to_do_about_a_proposed_hold(tmp_path: Path, request_: Request | None, where: str, cure: str) -> None:
    found = branches(hold=standing(holds=(CHANGE,), request=request_))
    (refusal,) = plan(built(tmp_path, PROPOSING), SET, found).refusals
    assert f", {where}); {cure} lets it in" in refusal.reason


def test_7_2_a_change_that_is_held_leaves_its_pull_request(tmp_path: Path) -> None:
    stood = standing(Carried("prod", "web", None, Version("1.5.0")))
    made = plan(built(tmp_path, PROPOSING, prod=holding(ONE)), TO, branches(env=stood))
    assert outcome(made) == ["prod web held"]
    assert [(each.head, each.apps, each.expected) for each in made.proposals] == [("promote/env/prod", (), HEAD)]


def test_8_2_a_rollback_leaves_the_pull_request_that_goes_forward(tmp_path: Path) -> None:
    stood = standing(Carried("prod", "web", None, Version("1.6.0")))
    registry = branches(env=stood)
    registry.ran = {("prod", "web"): past("1.4.0", "1.3.0")}
    made = plan(built(tmp_path, PROPOSING), Rollback("prod", ("web",)), registry, Rules(verify_tag=False))
    assert outcome(made) == ["prod web 1.4.0 → 1.3.0"]
    assert [(each.head, each.apps) for each in made.proposals] == [
        ("promote/rollback/prod", (("prod", "web"), ("prod", "web"))),
        ("promote/env/prod", ()),
    ]
    (step,) = made.steps
    assert [change.path for change in step.files] == [PROD.encode(), b"prod/kustomization.yaml"]
    assert step.holds == made.proposals[0].holds == made.holds


def test_8_3_hold_follows_the_delivery_of_its_environment(tmp_path: Path) -> None:
    one = built(tmp_path, PROPOSING)
    (step,) = plan(one, HOLD, branches()).steps
    assert (step.place.branch, step.onto is not None) == ("promote/hold/prod", True)
    (step,) = plan(one, HOLD, branches(), Rules(deliver="commit")).steps
    assert (step.place.branch, step.onto) == ("", None)


@pytest.mark.parametrize(
    ("stood", "intent", "expected", "carried"),
    [
        (Unknown("the forge is down", 6), HOLD, ["prod web forge 6"], None),
        (Standing(Proposed(HEAD, (), False), OPEN), HOLD, ["prod web branch-edited"], None),
        # It is proposed: what stands there is left as it is.
        (standing(holds=(CHANGE,)), HOLD, ["prod web already"], [CHANGE]),
        (standing(holds=(CHANGE,)), replace(HOLD, apps=("api",)), ["api 1.5.0 held"], [CHANGE, "api"]),
        # Nothing is left to propose.
        (standing(holds=(CHANGE,)), Release("prod", ("web",)), ["web 1.5.0 released"], []),
        # Closed by a person, and wanted again.
        (standing(holds=(CHANGE,), request=replace(OPEN, state="closed")), HOLD, ["web 1.5.0 held"], ["web"]),
    ],
)  # fmt: skip
def test_7_1_one_pull_request_has_all_the_holds(
    tmp_path: Path, stood: Standing | Unknown, intent: Intent, expected: list[str], carried: list[object] | None
) -> None:
    made = plan(built(tmp_path, PROPOSING), intent, branches(hold=stood))
    assert told(made) == expected
    if carried is None:
        assert made.proposals == ()
        return
    (proposal,) = made.proposals
    assert [each if each in carried else each.app for each in proposal.holds] == carried
    assert bool(made.steps) == (carried not in ([], [CHANGE]))


def _broken(folder: Path) -> Built:
    """Both run 1.5.0."""
    files = {f"{name}/kustomization.yaml": kustomization(WEB, "1.5.0") for name in ("dev", "prod")}
    return at_a_tip(build(folder, PROPOSING, files))


@pytest.mark.parametrize(("on", "is_anew"), [(None, False), ("none", False), ("0" * 16, True)])
def test_7_1_what_was_made_from_another_file_of_holds_is_built_anew(
    tmp_path: Path, on: str | None, is_anew: bool
) -> None:
    rolled = Standing(Proposed(HEAD, (BACK,), True, (CHANGE,), on), OPEN)
    made = plan(_broken(tmp_path), Auto(("prod",)), branches(back=rolled))
    (back,) = (each for each in made.proposals if each.head == BRANCHES["back"])
    assert (back.is_new, [step.place.branch for step in made.steps]) == (is_anew, [BRANCHES["back"]] * is_anew)
    held = Standing(Proposed(HEAD, (), True, (CHANGE,), on), OPEN)
    made = plan(built(tmp_path / "hold", PROPOSING), HOLD, branches(hold=held))
    assert bool(made.steps) == is_anew


@pytest.mark.parametrize(
    ("stood", "closed"),
    [
        (Standing(Proposed(HEAD, (BACK,), True, (CHANGE,)), OPEN), [BRANCHES["back"]]),
        # Somebody else's commits, another app, nobody's answer, and nothing at all.
        (Standing(Proposed(HEAD, (BACK,), False, (CHANGE,)), OPEN), []),
        (Standing(Proposed(HEAD, (BACK, replace(BACK, app="api")), True, (CHANGE,)), OPEN), []),
        (Unknown("the forge is down", 6), []),
        (Standing(None, None), []),
    ],
)
def test_8_2_what_is_rolled_back_at_once_need_not_be_merged(
    tmp_path: Path, stood: Standing | Unknown, closed: list[str]
) -> None:
    registry = branches(back=stood)
    registry.ran = {("prod", "web"): past("1.5.0", "1.4.0")}
    made = plan(_broken(tmp_path), Rollback("prod", ("web",)), registry, Rules(verify_tag=False, deliver="commit"))
    assert outcome(made) == ["prod web 1.5.0 → 1.4.0"]
    assert [(each.head, each.apps, each.expected) for each in made.proposals] == [(head, (), HEAD) for head in closed]


@pytest.mark.parametrize(
    "broken", [{PROD: "holds: web\n"}, {"prod/kustomization.yaml": f"images: [\n# {WEB}\n"}]
)  # fmt: skip
def test_8_2_a_file_that_is_broken_closes_no_pull_request_of_a_rollback(
    tmp_path: Path, broken: dict[str, str]
) -> None:
    files = {f"{name}/kustomization.yaml": kustomization(WEB, "1.5.0") for name in ("dev", "prod")}
    rolled = Standing(Proposed(HEAD, (BACK,), True, (CHANGE,)), OPEN)
    made = plan(at_a_tip(build(tmp_path, PROPOSING, {**files, **broken})), Auto(("prod",)), branches(back=rolled))
    assert "prod web proposal 3" in outcome(made)
    assert (made.proposals, made.steps) == ((), ())
