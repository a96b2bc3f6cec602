"""`rollback`: back to the version before, by what history tells, and nothing else (SEMANTICS 8.1)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.estate.estate import Estate
from promote.image import Version
from promote.plan.intent import Before, Rollback, Rules
from promote.question import Past, Ran, Stretch, Unknown
from promote.report.exit import asked, exit_code
from tests.clock import NOON
from tests.estate.building import Built, build, deployment, kustomization, write
from tests.plan.pasts import past, ran, version
from tests.plan.planning import API, WEB, Book, after, at_a_tip, book, outcome, plan, sha, wanted
from tests.text.documents import examples

FILE = "dev/kustomization.yaml"
CONFIG = f"""
apps:
  web: {{image: {WEB}, policy: {{semver: "*"}}}}
  api: {{images: [{API}, {WEB}-migrate]}}
environments:
  dev: {{path: dev}}
  prod: {{path: prod, from: dev}}
"""
WEB_BACK = Rollback("dev", ("web",))
A, B = sha("4"), sha("5")


def built(folder: Path, tag: str | None, digest: str | None = None) -> Built:
    return build(folder, CONFIG, {FILE: kustomization(WEB, tag, digest=digest)})


def rolled(folder: Path, history: Past | Unknown, *, runs: str = "1.5.0", to: str | None = None) -> list[str]:
    registry = book()
    registry.pasts = {"web": history}
    intent = Rollback("dev", ("web",), None if to is None else version(to))
    return outcome(plan(built(folder, runs), intent, registry))


@pytest.mark.parametrize(
    "history",
    [
        past(),
        past("1.5.0"),
        past("1.5.0", "absent"),
        past("1.5.0", "mixed"),
        past("1.5.0", "unreadable", "1.5.0"),
        # The same version: only its digest is written now.
        past("1.5.0", f"1.5.0@{B}"),
        past("1.5.0", ends="history ends here"),
        # What was rolled back is not gone back to.
        past("1.5.0", "absent", ran("1.5.0", undone="1.6.0"), "1.6.0", "1.5.0"),
    ],
)
def test_8_1_where_nothing_else_ran_before_it_is_refused(tmp_path: Path, history: Past) -> None:
    assert rolled(tmp_path, history) == ["dev web no-earlier-version"]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        (past("1.5.0", "1.4.0"), "1.4.0"),
        (past("1.5.0", "1.6.0", "1.4.0"), "1.6.0"),
        (past("1.5.0", "absent", "1.5.0", "mixed", "1.4.0"), "1.4.0"),
        # The working files are ahead of what was committed.
        (past("1.4.0"), "1.4.0"),
        # Brought in anew after it was rolled back, it counts again.
        (past("1.5.0", "1.6.0", ran("1.4.0", undone="1.6.0"), "1.6.0"), "1.6.0"),
        # Far below, the history is asked for more.
        (past(*["1.5.0", "absent"] * 10, "1.4.0"), "1.4.0"),
        (past("1.5.0", "1.4.0", ends="history ends here"), "1.4.0"),
    ],
)
def test_8_1_the_newest_version_before_the_present_one(tmp_path: Path, history: Past, expected: str) -> None:
    assert rolled(tmp_path, history) == [f"dev web 1.5.0 → {expected}"]


@pytest.mark.parametrize(
    ("history", "to", "told"),
    [
        (past("1.5.0"), None, "version of web before 1.5.0; `promote set dev web=TAG --allow-downgrade` writes it"),
        # What runs is not named among what was rolled back, though it was once.
        (
            past("1.5.0", "absent", ran("1.5.0", undone="1.4.0"), ran("1.4.0", undone="1.5.0"), "1.5.0", "1.4.0"),
            None,
            "before 1.5.0 but what was rolled back (1.4.0); --to",
        ),
        (
            past("1.5.0", "absent", ran("1.5.0", undone="1.6.0"), "1.6.0", ends="history ends here"),
            None,
            "before 1.5.0 but what was rolled back (1.6.0) as far as can be seen (history ends here); --to",
        ),
        (past("1.5.0"), "1.4.0", "dev never ran web 1.4.0; `promote set dev web=1.4.0 --allow-downgrade` writes it"),
        (past("1.5.0", ends="it ends"), "1.4.0", "dev never ran web 1.4.0 as far as can be seen (it ends); `promote"),
    ],
)
def test_a_refusal_says_what_is_known_and_what_to_do(
    tmp_path: Path, history: Past, to: str | None, told: str
) -> None:
    registry = book()
    registry.pasts = {"web": history}
    intent = Rollback("dev", ("web",), None if to is None else version(to))
    (refusal,) = plan(built(tmp_path, "1.5.0"), intent, registry).refusals
    assert told in refusal.reason


def test_8_1_no_more_history_is_asked_for_than_is_needed(tmp_path: Path) -> None:
    registry = book()
    registry.pasts = {"web": past("1.5.0", *["absent", "1.5.0"] * 3, "1.4.0", *["1.5.0", "1.4.0"] * 20)}
    plan(built(tmp_path, "1.5.0"), WEB_BACK, registry)
    assert [question.least for question in registry.asked if isinstance(question, Ran)] == [4, 8]


@pytest.mark.parametrize(
    ("to", "history", "expected"),
    [
        ("1.5.0", past("1.5.0", "1.4.0"), "already"),
        ("1.6.0", past("1.5.0", "1.4.0"), "no-earlier-version"),
        ("1.6.0", past("1.5.0", "1.4.0", ends="history ends here"), "no-earlier-version"),
        (f"1.4.0@{B}", past("1.5.0", f"1.4.0@{A}"), "no-earlier-version"),
        ("1.4.0", past("1.5.0", "1.6.0", "1.4.0"), "1.5.0 → 1.4.0"),
        # What was rolled back may be named.
        ("1.6.0", past(ran("1.5.0", undone="1.6.0"), "1.6.0", "1.5.0"), "1.5.0 → 1.6.0"),
        (f"1.4.0@{A}", past("1.5.0", f"1.4.0@{A}"), "1.5.0 → 1.4.0"),
    ],
)
def test_8_1_to_names_a_version_that_ran_before(tmp_path: Path, to: str, history: Past, expected: str) -> None:
    assert rolled(tmp_path, history, to=to) == [f"dev web {expected}"]


def test_8_1_the_digest_that_was_recorded_is_written_and_its_existence_is_checked(tmp_path: Path) -> None:
    registry = book()
    registry.pasts = {"web": past(f"1.5.0@{B}", f"1.4.0@{A}")}
    here = built(tmp_path, "1.5.0", B)
    made = plan(here, WEB_BACK, registry)
    assert outcome(made) == [f"dev web 1.5.0@{'5' * 12} → 1.4.0@{'4' * 12}"]
    assert after(made, FILE) == kustomization(WEB, "1.4.0", digest=A)
    assert registry.facts == [f"{A[:9]} digest"]
    (step,) = made.steps
    (carried,) = step.carried
    assert (carried.undone, carried.new) == (Version("1.5.0", B), Version("1.4.0", A))


@pytest.mark.parametrize(("before", "code"), [("1.3.0", "no-such-tag"), (f"1.4.0@{sha('9')}", "no-such-tag")])
def test_8_1_what_the_registry_no_longer_has_is_refused_unless_it_is_not_asked(
    tmp_path: Path, before: str, code: str
) -> None:
    registry = book()
    registry.pasts = {"web": past(f"1.5.0@{B}" if "@" in before else "1.5.0", before)}
    here = built(tmp_path, "1.5.0", B if "@" in before else None)
    assert outcome(plan(here, WEB_BACK, registry)) == [f"dev web {code}"]
    (told,) = outcome(plan(here, WEB_BACK, registry, Rules(verify_tag=False)))
    assert told.endswith(f"→ {version(before).short}")


def test_8_1_a_tag_that_is_another_image_by_now_is_refused_where_no_digest_is_written(tmp_path: Path) -> None:
    assert rolled(tmp_path, past("1.5.0", f"1.4.0@{sha('9')}")) == ["dev web tag-moved"]


def test_8_1_each_image_goes_back_to_its_own_digest(tmp_path: Path) -> None:
    def files(tag: str, first: str, second: str) -> str:
        entry = f"- name: {API}\n  newTag: {tag}\n  digest: {first}\n"
        return f"images:\n{entry}- name: {WEB}-migrate\n  newTag: {tag}\n  digest: {second}\n"

    here = build(tmp_path, CONFIG, {FILE: files("1.5.0", B, B)})
    registry = Book({API: {"1.4.0": ("4", 2024)}, f"{WEB}-migrate": {"1.4.0": ("6", 2024)}})
    digests = [(API, sha("4")), (f"{WEB}-migrate", sha("6"))]
    registry.pasts = {"api": past("1.5.0", ran("1.4.0", digests=digests))}
    made = plan(here, Rollback("dev", ("api",)), registry)
    assert after(made, FILE) == files("1.4.0", sha("4"), sha("6"))
    assert made.steps[0].carried[0].digests == tuple(digests)


@pytest.mark.parametrize("to", [None, "1.3.0"])
def test_a_tag_that_is_gone_names_the_version_before_it(tmp_path: Path, to: str | None) -> None:
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.3.0", "1.4.0")}
    intent = Rollback("dev", ("web",), None if to is None else version(to))
    (refusal,) = plan(built(tmp_path, "1.5.0"), intent, registry).refusals
    assert refusal.code == "no-such-tag"
    gone = "dev ran web 1.3.0, and the registry does not have it any more; 1.4.0 ran before it: --to 1.4.0"
    assert refusal.reason == gone


def test_8_1_a_version_that_is_gone_and_the_first_one_says_so(tmp_path: Path) -> None:
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.3.0")}
    (refusal,) = plan(built(tmp_path, "1.5.0"), WEB_BACK, registry).refusals
    assert refusal.reason.endswith("does not have it any more; nothing is known to have run before it")


def test_8_1_neither_the_order_nor_the_source_stands_in_the_way(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.6.0"), "prod/a.yaml": deployment("a", f"{WEB}:1.5.0")}
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    made = plan(build(tmp_path, CONFIG, files), Rollback("prod", ("web",)), registry)
    assert outcome(made) == ["prod web 1.5.0 → 1.4.0"]
    # Nothing but the existence of the tag was asked.
    assert registry.facts == ["1.4.0 digest"]
    assert made.warnings == ()


def test_8_1_every_app_goes_back_by_itself(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.5.0"), "dev/b.yaml": deployment("b", f"{API}:1.5.0")}
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0"), "api": Unknown("the remote does not answer", 5)}
    made = plan(build(tmp_path, CONFIG, files), Rollback("dev"), registry)
    assert outcome(made) == ["dev web 1.5.0 → 1.4.0", "dev api history 5"]
    assert outcome(plan(build(tmp_path, CONFIG, files), Rollback("dev", ("cron",)), registry))[0] == "dev cron absent"


def test_8_1_a_registry_that_does_not_answer_is_a_failure(tmp_path: Path) -> None:
    registry = book(dark=[WEB])
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    assert outcome(plan(built(tmp_path, "1.5.0"), WEB_BACK, registry)) == ["dev web registry 4"]


def test_8_1_where_places_differ_the_version_is_named(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.5.0", f"{WEB}:1.6.0")}
    registry = book()
    registry.pasts = {"web": past("mixed", "1.5.0", "1.4.0")}
    here = build(tmp_path, CONFIG, files)
    (refusal,) = plan(here, WEB_BACK, registry).refusals
    assert refusal.code == "mixed"
    assert refusal.reason.startswith("its places in dev differ: 1.5.0 at dev/a.yaml:")
    assert refusal.reason.endswith("name the one to go back to by --to")
    made = plan(here, Rollback("dev", ("web",), version("1.5.0")), registry)
    assert outcome(made) == ["dev web 1.6.0 → 1.5.0"]
    assert made.steps[0].carried[0].undone is None
    assert made.warnings == ()


@pytest.mark.parametrize("now", ["1.6.0", "1.4.0", "1.3.0"])
def test_8_1_what_somebody_else_brought_in_meanwhile_is_not_rolled_back(tmp_path: Path, now: str) -> None:
    before = Before.of(built(tmp_path / "then", "1.5.0").estates)
    registry = book()
    made = plan(built(tmp_path / "now", now), WEB_BACK, registry, None, before)
    assert outcome(made) == ["dev web overtaken"]
    assert registry.asked == []


@pytest.mark.parametrize(
    ("file", "told"),
    [
        ("{}\n", "web is in no file of dev by now: somebody else"),
        (deployment("a", f"{WEB}:1.5.0", f"{WEB}:1.6.0"), "the places of web in dev differ by now: somebody else"),
        (deployment("a", f"{WEB}:1.6.0"), "dev runs web 1.6.0 by now: somebody else"),
    ],
)
def test_what_runs_by_now_is_told_as_a_sentence(tmp_path: Path, file: str, told: str) -> None:
    before = Before.of(built(tmp_path / "then", "1.5.0").estates)
    made = plan(build(tmp_path / "now", CONFIG, {"dev/a.yaml": file}), WEB_BACK, book(), None, before)
    assert told in made.skips[0].reason


def test_4_1_planning_again_asks_no_history_again(tmp_path: Path) -> None:
    one = built(tmp_path, "1.5.0")
    tips = [{name: _at(each, letter) for name, each in one.estates.items()} for letter in "12"]
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    before = Before.of(tips[0])
    for estates in tips:
        plan(Built(estates, one.noted), WEB_BACK, registry, None, before)
    assert {question.tip for question in registry.asked if isinstance(question, Ran)} == {"1" * 40}


def _at(estate: Estate, letter: str) -> Estate:
    return replace(estate, tip=letter * 40)


OLDER = [
    # It never ran, or not before the present one.
    (past("main-b"), "main-c", "dev web main-b → main-c"),
    (past("main-b", "main-a"), "main-c", "dev web main-b → main-c"),
    (past("main-b", "absent", "mixed"), "main-c", "dev web main-b → main-c"),
    (past("main-b", "main-a"), "main-a", "dev web downgrade"),
    (past("main-b", "main-a", ends="history ends here"), "main-a", "dev web downgrade"),
    (Unknown("the remote does not answer", 5), "main-a", "dev web history 5"),
]


@pytest.mark.parametrize(("history", "new", "expected"), OLDER)
def test_4_1_what_ran_before_is_older_where_no_policy_ranks(
    tmp_path: Path, history: Past | Unknown, new: str, expected: str
) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}}}"
    one = build(tmp_path, config, {FILE: kustomization(WEB, "main-b")})
    here = Built({name: _at(each, "1") for name, each in one.estates.items()}, one.noted)
    # Reproducible builds: their dates tell nothing.
    registry = Book({WEB: {"main-a": ("1", 1970), "main-b": ("2", 1970), "main-c": ("3", 1970)}})
    registry.pasts = {"web": history}
    made = plan(here, wanted("dev", web=new), registry)
    assert outcome(made) == [expected]
    allowed = plan(here, wanted("dev", web=new), registry, Rules(allow_downgrade=True))
    assert outcome(allowed) == [f"dev web main-b → {new}"]


@pytest.mark.parametrize(
    ("rules", "new", "expected"),
    [
        (Rules(), "main-a", "dev web downgrade"),
        (Rules(), "main-c", "dev web main-b → main-c"),
        (Rules(verify_tag=False), "main-a", "dev web main-b → main-a"),
    ],
)
def test_4_1_history_is_not_asked_where_dates_tell_or_nobody_is_asked(
    tmp_path: Path, rules: Rules, new: str, expected: str
) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}}}"
    one = build(tmp_path, config, {FILE: kustomization(WEB, "main-b")})
    here = Built({name: _at(each, "1") for name, each in one.estates.items()}, one.noted)
    registry = Book({WEB: {"main-a": ("1", 2024), "main-b": ("2", 2025), "main-c": ("3", 2026)}})
    assert outcome(plan(here, wanted("dev", web=new), registry, rules)) == [expected]
    assert not any(isinstance(question, Ran) for question in registry.asked)


def test_4_1_history_is_not_asked_where_the_policy_ranks_or_there_is_none(tmp_path: Path) -> None:
    registry = book()
    one = built(tmp_path, "1.5.0")
    here = Built({name: _at(each, "1") for name, each in one.estates.items()}, one.noted)
    assert outcome(plan(here, wanted("dev", web="1.6.0"), registry)) == ["dev web 1.5.0 → 1.6.0"]
    assert outcome(plan(one, wanted("dev", web="main"), registry)) == ["dev web 1.5.0 → main"]
    assert not any(isinstance(question, Ran) for question in registry.asked)


def test_8_2_the_edit_and_the_hold_of_the_bad_version_are_one_commit(tmp_path: Path) -> None:
    images = deployment("a", f"{WEB}:1.5.0", f"{API}:1.5.0")
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0"), "api": past("1.5.0", "1.4.0")}
    made = plan(build(tmp_path, CONFIG, {"dev/a.yaml": images}), Rollback("dev", by="Ann <ann@example.com>"), registry)
    (step,) = made.steps
    assert [change.path for change in step.files] == [b".promote/holds/dev.yaml", b"dev/a.yaml"]
    assert step.holds == made.holds
    assert [(each.app, str(each.version), each.action) for each in step.holds] == [
        ("api", "1.5.0", "held"),
        ("web", "1.5.0", "held"),
    ]
    assert after(made, ".promote/holds/dev.yaml").splitlines()[1:7] == [
        "holds:",
        "- app: api",
        "  version: 1.5.0",
        '  by: "Ann <ann@example.com>"',
        f'  at: "{NOON:%Y-%m-%dT%H:%M:%S}Z"',
        '  reason: "rolled back from 1.5.0 to 1.4.0"',
    ]


@pytest.mark.parametrize(
    ("holds", "history", "to", "expected"),
    [
        ("{app: web, version: 1.4.0}", past("1.5.0", "1.4.0"), None, ["dev web held"]),
        ("{app: web, version: 1.4.0}", past("1.5.0", "1.4.0", "1.6.0"), "1.4.0", ["dev web held"]),
        # A freeze does not close the way back.
        ("{app: web, version: '*'}", past("1.5.0", "1.4.0", "1.6.0"), None, ["dev web 1.5.0 → 1.4.0"]),
        ("{app: '*', version: '*'}", past("1.5.0", "1.4.0", "1.6.0"), "1.6.0", ["dev web 1.5.0 → 1.6.0"]),
        ("{app: web}", past("1.5.0", "1.4.0"), None, ["dev web holds-unreadable"]),
        ("{app: web, version: 1.4.0}", past("1.5.0", "1.4.0", "1.6.0"), None, ["dev web 1.5.0 → 1.6.0"]),
        ("{app: web, version: 1.4.0, until: 2020-01-01}", past("1.5.0", "1.4.0"), None, ["dev web 1.5.0 → 1.4.0"]),
    ],
)
def test_8_1_a_held_version_is_never_gone_back_to(
    tmp_path: Path, holds: str, history: Past, to: str | None, expected: list[str]
) -> None:
    write(tmp_path, {".promote/holds/dev.yaml": f"holds:\n- {holds}\n"})
    assert rolled(tmp_path, history, to=to) == expected


def test_8_1_a_freeze_is_told_and_the_way_back_is_open(tmp_path: Path) -> None:
    write(tmp_path, {".promote/holds/dev.yaml": "holds:\n- {app: '*', version: '*', reason: moving, by: Ann <a@b>}\n"})
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    made = plan(built(tmp_path, "1.5.0"), WEB_BACK, registry)
    (told,) = made.warnings
    assert told.startswith("dev holds every version of every app back: moving (by Ann <a@b>, ")
    assert told.endswith("; the way back is open")


ROLLED = past(ran("1.5.0", undone="1.6.0"), "1.6.0", "1.5.0", "1.4.0")


def test_8_1_a_second_rollback_changes_nothing_unless_a_version_is_named(tmp_path: Path) -> None:
    registry = book()
    registry.pasts = {"web": ROLLED}
    here = built(tmp_path, "1.5.0")
    for intent in (WEB_BACK, Rollback("dev")):
        made = plan(here, intent, registry)
        assert outcome(made)[:1] == ["dev web already"]
        assert (made.changes, made.holds, made.refusals) == ((), (), ())
        back = f"web was rolled back from 1.6.0 to 1.5.0 at {NOON:%Y-%m-%d %H:%M}Z"
        assert made.skips[0].reason == f"{back}; --to 1.4.0 goes further back"
    assert rolled(tmp_path, ROLLED, to="1.4.0") == ["dev web 1.5.0 → 1.4.0"]
    registry.pasts = {"web": past(ran("1.5.0", undone="1.6.0"), "1.6.0", "1.5.0")}
    (skip,) = plan(here, WEB_BACK, registry).skips
    assert skip.reason.endswith("; nothing before it can be gone back to")


EARLY, LATE = NOON - timedelta(hours=3), NOON - timedelta(hours=1)


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        # What runs came before: it stays.
        ([ran("1.5.0", at=EARLY), ran("1.4.0", at=EARLY)], "dev web came-before"),
        ([ran("1.5.0", at=LATE)], "dev web no-earlier-version"),
        ([ran("1.5.0", at=LATE), ran("absent", at=EARLY)], "dev web no-earlier-version"),
        # By now it runs what it ran then: a second run changes nothing.
        ([ran("1.5.0", at=LATE, undone="1.6.0"), ran("1.6.0", at=LATE), ran("1.5.0", at=EARLY)], "dev web already"),
        ([ran("1.5.0", at=LATE), ran("1.4.0", at=EARLY)], "dev web 1.5.0 → 1.4.0"),
        # Not the version before, but the one that ran then.
        ([ran("1.5.0", at=LATE), ran("1.6.0", at=LATE), ran("1.4.0", at=EARLY)], "dev web 1.5.0 → 1.4.0"),
        # What was rolled back is no state to go back to.
        (
            [ran("1.5.0", at=LATE, undone="1.6.0"), ran("1.6.0", at=EARLY), ran("1.4.0", at=EARLY)],
            "dev web 1.5.0 → 1.4.0",
        ),
    ],
)
def test_8_1_since_a_time_only_what_came_since_goes_back_to_what_ran_before(
    tmp_path: Path, history: list[Stretch], expected: str
) -> None:
    registry = book()
    registry.pasts = {"web": past(*history)}
    made = plan(built(tmp_path, "1.5.0"), Rollback("dev", ("web",), since=NOON - timedelta(hours=2)), registry)
    assert outcome(made) == [expected]


def test_8_1_of_every_app_what_has_nothing_before_it_is_a_note(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.5.0"), "dev/b.yaml": deployment("b", f"{API}:1.5.0")}
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0"), "api": past("1.5.0")}
    made = plan(build(tmp_path, CONFIG, files), Rollback("dev"), registry)
    assert (outcome(made)[0], made.refusals) == ("dev web 1.5.0 → 1.4.0", ())
    told = "dev ran no other version of api before 1.5.0"
    assert [(each.app, each.code, each.reason) for each in made.skips] == [("api", "no-earlier-version", told)]
    assert exit_code(made, named=asked(Rollback("dev"), made), tell_changes=False) == 0


@pytest.mark.parametrize(("hold", "code"), [("1.4.0", 3), ("'*'", 0)])
def test_9_1_every_app_is_named_by_all(tmp_path: Path, hold: str, code: int) -> None:
    write(tmp_path, {".promote/holds/dev.yaml": f"holds:\n- {{app: web, version: {hold}}}\n"})
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    made = plan(built(tmp_path, "1.5.0"), Rollback("dev"), registry)
    assert exit_code(made, named=asked(Rollback("dev"), made), tell_changes=False) == code


GATED = f"""
apps: {{web: {{image: {WEB}}}}}
environments:
  dev: {{path: dev}}
  prod: {{path: prod, from: dev, gates: [soak: 1h, {{freeze: {{from: 2020-01-01, until: 2020-01-02}}, locked: true}}]}}
"""


def test_the_cure_of_a_version_that_never_ran_names_all_that_it_takes(tmp_path: Path) -> None:
    registry = book()
    registry.pasts = {"web": past("1.5.0")}
    here = build(tmp_path, GATED, {"prod/kustomization.yaml": kustomization(WEB, "1.5.0")})
    (refusal,) = plan(here, Rollback("prod", ("web",), version("1.4.0")), registry).refusals
    command = "`promote set prod web=1.4.0 --allow-downgrade --skip-gate from --skip-gate soak --reason WHY` writes it"
    assert refusal.reason.endswith(f"; {command}, once freeze passes, which is locked")


def test_8_1_a_registry_that_is_down_names_the_way_without_it(tmp_path: Path) -> None:
    registry = book(dark=[WEB])
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    (failure,) = plan(built(tmp_path, "1.5.0"), WEB_BACK, registry).failures
    assert failure.reason.endswith("; --no-verify-tag rolls back without asking")


def test_8_1_a_forge_that_is_down_names_the_way_without_it(tmp_path: Path) -> None:
    registry = book()
    registry.pasts, registry.standing = {"web": past("1.5.0", "1.4.0")}, Unknown("the forge does not answer", 6)
    here = at_a_tip(built(tmp_path, "1.5.0"))
    (failure,) = plan(here, WEB_BACK, registry, Rules(deliver="pull-request")).failures
    assert failure.reason == "the forge does not answer; --commit rolls back without a pull request"


def test_8_2_what_is_held_back_already_gets_no_second_hold(tmp_path: Path) -> None:
    write(tmp_path, {".promote/holds/dev.yaml": "holds:\n- {app: web, version: 1.5.0}\n"})
    registry = book()
    registry.pasts = {"web": past("1.5.0", "1.4.0")}
    made = plan(built(tmp_path, "1.5.0"), WEB_BACK, registry)
    assert (made.holds, [change.path for change in made.steps[0].files]) == ((), [FILE.encode()])


TAGS = ("1.4.0", "1.5.0", "1.6.0")
eras = st.lists(st.tuples(st.sampled_from(TAGS), st.none() | st.sampled_from(TAGS)), min_size=1, max_size=6)


@given(eras, st.booleans())
@examples(60)
def test_8_1_whoever_runs_the_same_rollback_again_changes_nothing(
    found: list[tuple[str, str | None]], has_time: bool
) -> None:
    """Whatever ran before, and whatever was rolled back of it; an hour each."""
    history = [ran(tag, undone=gone, at=NOON - timedelta(hours=n)) for n, (tag, gone) in enumerate(found, 1)]
    intent = Rollback("dev", ("web",), since=NOON - timedelta(hours=2, minutes=30) if has_time else None)
    registry = book()
    registry.pasts = {"web": past(*history)}
    with TemporaryDirectory() as folder:
        first = plan(built(Path(folder), found[0][0]), intent, registry)
        if not first.changes:
            return
        new = first.changes[0].new
        registry.pasts = {"web": past(ran(str(new), undone=found[0][0], at=NOON), *history)}
        again = plan(built(Path(folder), str(new)), intent, registry)
    assert (again.changes, [each.code for each in again.skips]) == ((), ["already"])
