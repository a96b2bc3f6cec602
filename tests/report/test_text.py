"""Text for people: diffs that show what a terminal would hide."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from promote.history.chronicle import Chronicle
from promote.image import Version
from promote.outcome import Commit, Delivery, Failure, Plan, Proposal, Refusal, Skip, Step
from promote.place import Place
from promote.policy.selection import Considered, Selection
from promote.question import Brought, HoldChange, Past, Stretch
from promote.report import text
from promote.report.diff import unified
from promote.text.edit import FileChange

HERE = Place("", "")


def steps(*changes: tuple[bytes, bytes, bytes]) -> Plan:
    made = (FileChange(path, 0o100644, before, after, ()) for path, before, after in changes)
    return Plan(steps=tuple(Step(HERE, (), (change,)) for change in made))


def diff(before: bytes, after: bytes, path: bytes = b"a.yaml") -> list[str]:
    return "".join(unified(steps((path, before, after)))).split("\n")[:-1]


def test_a_diff_shows_line_endings() -> None:
    assert diff(b"a: 1\r\nb: 2\r\n", b"a: 1\r\nb: 3\r\n")[3:] == [" a: 1␍", "-b: 2␍", "+b: 3␍"]


def test_a_diff_shows_a_missing_final_newline() -> None:
    assert diff(b"a: 1", b"a: 2")[3:] == [
        "-a: 1",
        "\\ No newline at end of file",
        "+a: 2",
        "\\ No newline at end of file",
    ]


@pytest.mark.parametrize(
    ("before", "shown"),
    [(b"# \x1b[2J\n", "␛[2J"), (b"# \x7f\n", "\\u007f"), ("# \u202e\n".encode(), "\\u202e"), (b"# \xff\n", "\\xff")],
)
def test_a_diff_lets_no_control_character_through(before: bytes, shown: str) -> None:
    lines = diff(before + b"a: 1\n", before + b"a: 2\n")
    assert lines[3] == f" # {shown}"


def test_a_diff_of_several_steps_goes_from_the_first_to_the_last() -> None:
    plan = steps((b"b.yaml", b"1\n", b"2\n"), (b"b.yaml", b"2\n", b"3\n"), (b"a\n.yaml", b"1\n", b"2\n"))
    assert [line for line in unified(plan) if line[0] in "+-"] == [
        "--- a/a\\x0a.yaml\n",
        "+++ b/a\\x0a.yaml\n",
        "-1\n",
        "+2\n",
        "--- a/b.yaml\n",
        "+++ b/b.yaml\n",
        "-1\n",
        "+3\n",
    ]


@pytest.mark.parametrize(
    ("code", "count", "lines"),
    [
        ("failed", 2, ["prod: app-0 refused, failed: w", "prod: app-1 refused, failed: w"]),
        ("too-many-changes", 1, ["prod: app-0 refused, too-many-changes: w"]),
        (
            "too-many-changes",
            300,
            ["prod: app-0, app-1, app-2, app-3, app-4 and 295 more refused, too-many-changes: w"],
        ),
    ],
)
def test_what_is_refused_to_a_whole_environment_is_one_line(code: str, count: int, lines: list[str]) -> None:
    refusals = [Refusal("prod", f"app-{number}", code, "w") for number in range(count)]
    # Another environment has a line of its own.
    told = text.faults(Plan(refusals=(*refusals, Refusal("test", "web", code, "w"))), named=())
    assert told == [*lines, f"test: web refused, {code}: w"]


HOSTILE = "\x1b[31mred\n[bold]not markup[/bold]\u202e :smile:"


def test_faults_and_skips_are_one_line_each() -> None:
    plan = Plan(
        skips=(Skip("dev", "web", "odd", HOSTILE),),
        refusals=(Refusal("dev", "web", "odd", HOSTILE),),
        failures=(Failure("dev", "web", "odd", 4, HOSTILE),),
    )
    for line in (*text.faults(plan, named=()), *text.skips(plan, named=())):
        assert line.isprintable()
        assert "[bold]not markup[/bold]" in line


def test_skips_that_are_no_news_are_not_told_unless_named() -> None:
    plan = Plan(skips=(Skip("dev", "web", "absent", "x"), Skip("dev", "api", "already", "x")))
    assert text.skips(plan, named=()) == []
    assert text.skips(plan, named=("web", "api")) == ["dev: api skipped, already: x"]
    assert text.faults(plan, named=("web", "api")) == ["dev: web skipped, absent: x"]


def test_a_selection_without_dates_has_no_column_of_them() -> None:
    chosen = Selection(Version("1.5.0"), (Considered("1.5.0", True, None), Considered("x", False, "outside ^1")))
    assert text.selection("web", chosen, None, None).split("\n") == [
        "web: 1.5.0",
        "tag    why",
        "1.5.0  selected",
        "x      outside ^1",
    ]


def test_a_selection_shows_the_dates_that_are_known_and_the_digest_that_is_followed() -> None:
    made = datetime(2026, 3, 16, 9, tzinfo=UTC)
    followed = Version("stable", f"sha256:{'0' * 64}")
    chosen = Selection(followed, (Considered("stable", True, None, made), Considered("b", False, "gone")))
    assert text.selection("web", chosen, None, None).split("\n") == [
        "web: stable@000000000000",
        "tag     created            why",
        "stable  2026-03-16 09:00Z  selected",
        "b                          gone",
    ]
    assert text.selection("web", Selection(None, chosen.considered), 1, None).split("\n") == [
        "web: (none)",
        "tag     created            why",
        "stable  2026-03-16 09:00Z  selected",
        "... and 1 more (--limit)",
    ]


def _brought(**said: object) -> Brought:
    given: dict[str, object] = {"commit": "ab" * 20, "at": datetime(2026, 1, 2, 3, 4, tzinfo=UTC), "subject": "x"}
    return Brought(**{**given, "author": "Ann B <a@x.org>", "by_hand": False, **said})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("made", "how"),
    [
        (_brought(by_hand=True), "by hand"),
        (_brought(by_hand=True, pull_request="#12"), "by hand, #12"),
        (_brought(), "promote"),
        (_brought(source="test", pull_request="acme/x!3"), "from test, acme/x!3"),
        (_brought(skipped_gates=(("from", "hot\x1bfix"),)), "promote, skipped from: hot\\x1bfix"),
        (_brought(undone=Version("1.5.0")), "rollback of 1.5.0"),
    ],
)
def test_history_tells_how_a_version_came(made: Brought, how: str) -> None:
    past = Past((Stretch(Version("1.4.0"), (), made),), is_whole=True)
    told = Chronicle("prod", HERE, None, datetime(2026, 1, 4, 4, 4, tzinfo=UTC), {"web": past})
    head, line = text.history(told, None).splitlines()
    assert head.split() == ["app", "version", "since", "for", "commit", "author", "how"]
    assert line == f"web  1.4.0    2026-01-02 03:04Z  2d   {'ab' * 6}  Ann B   {how}"
    assert text.ends(told) == []


def test_history_says_what_is_not_known_and_why_once() -> None:
    later = _brought(at=datetime(2026, 1, 2, 3, 9, tzinfo=UTC))
    seen = Past((Stretch("absent", (), later), Stretch("mixed", (), None)), is_whole=False, ends="it is cut off")
    told = Chronicle("prod", HERE, None, datetime(2026, 1, 2, 3, 4, tzinfo=UTC), {"web": seen, "api": seen})
    lines = [line.split() for line in text.history(told, None).splitlines()[1:3]]
    # A clock that is behind the committer's makes no negative time.
    assert lines[0][:5] == ["web", "(absent)", "2026-01-02", "03:09Z", "0s"]
    assert lines[1] == ["web", "(mixed)", "not", "known"]
    assert text.ends(told) == ["web, api: it is cut off"]


def test_one_line_a_version_that_is_held_back_or_released() -> None:
    until = datetime(2026, 12, 24, 9, tzinfo=UTC)
    holds = (
        HoldChange("prod", "web", Version("1.5.0"), "held", "it\x1bfails", until),
        HoldChange("prod", "*", None, "released"),
    )
    assert text.holds(Plan(holds=holds)) == [
        "prod: web 1.5.0 held until 2026-12-24 09:00Z  (it\\x1bfails)",
        "prod: every version of every app released",
    ]


def test_what_is_proposed_to_be_held_or_released_is_not_told_as_done() -> None:
    held = HoldChange("prod", "web", Version("1.5.0"), "held", "it fails")
    released = HoldChange("prod", "api", None, "released")
    proposal = Proposal(HERE, "promote/hold/prod", "prod", (), holds=(held, released))
    assert text.holds(Plan(holds=(held, released), proposals=(proposal,))) == [
        "prod: web 1.5.0 to be held, once it is merged  (it fails)",
        "prod: every version of api to be released, once it is merged",
    ]


def test_git_pull_is_told_only_where_it_brings_something() -> None:
    proposal = Proposal(HERE, "promote/env/prod", "prod", ())
    pushed = Commit(proposal.place, "1" * 40, pushed=True)
    done = Delivery(Plan(proposals=(proposal,)), (pushed,))
    assert [line for line in text.commits(done, in_clone=True) if "git pull" in line] == []
    both = replace(done, commits=(pushed, Commit(HERE, "2" * 40, pushed=True)))
    assert "git pull" in text.commits(both, in_clone=True)[-1]


def test_what_concerns_every_app_says_so() -> None:
    skip = Skip("prod", "*", "not-held", "it is not held")
    assert text.skips(Plan(skips=(skip,)), named=()) == ["prod: every app skipped, not-held: it is not held"]
    refusal, failure = Refusal("prod", "*", "holds-unreadable", "odd"), Failure("prod", "*", "forge", 6, "it is down")
    assert text.faults(Plan(refusals=(refusal,), failures=(failure,)), named=()) == [
        "prod: every app refused, holds-unreadable: odd",
        "prod: every app failed, forge: it is down",
    ]
