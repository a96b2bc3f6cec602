"""The matrix of apps × environments: it shows what `to`, `update` and `auto` would decide (SEMANTICS 6.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promote.board import Behind, Board, Cell, Pull, Stop, draw
from promote.board.mutable import looks_mutable
from promote.image import Version
from promote.place import Place
from promote.plan.intent import Promote, Sources, Update
from promote.question import (
    Answers,
    Carried,
    HoldChange,
    Past,
    Probe,
    Proposed,
    Question,
    Ran,
    Request,
    Reviewed,
    Reviews,
    Standing,
    Unknown,
    drive,
)
from tests.clock import NOON
from tests.estate.building import Built, Files, build, deployment
from tests.plan.pasts import past, ran
from tests.plan.planning import API, HEAD, NOTHING_STANDS, OPEN, TAGS, URL, WEB, Book, at_a_tip, book, plan, sha

APPS = f'apps: {{web: {{image: {WEB}, policy: {{semver: "^1"}}}}, other: {{image: nginx}}}}\n'
CONFIG = f"{APPS}environments: {{dev: {{path: dev}}, test: {{path: test, from: dev}}}}\n"
D4, D5 = sha("4"), sha("5")


def gated(gate: str) -> str:
    """Two environments, the second of which has this gate."""
    return f"{APPS}environments: {{dev: {{path: dev}}, test: {{path: test, from: dev, gates: [{{{gate}}}]}}}}\n"


def built(root: Path, dev: str, test: str, config: str = CONFIG, **files: str) -> Built:
    said: Files = {"dev/a.yaml": deployment("a", dev), "test/a.yaml": deployment("a", test), **files}
    return at_a_tip(build(root, config, said))


def shelf(pasts: Mapping[str, Past | Unknown] | None = None, standing: Standing | Unknown = NOTHING_STANDS) -> Book:
    return Book({WEB: TAGS, API: TAGS}, pasts=pasts or {}, standing=standing)


def board(root: Path, dev: str, test: str, registry: Book | None = None, config: str = CONFIG) -> Board:
    return drive(draw(built(root, dev, test, config).estates, ["dev", "test"], ["web"]), registry or book())


def shown(cell: Cell) -> tuple[str, str | None, str | None]:
    version, coming = (each.short if each is not None else None for each in (cell.version, cell.next))
    return cell.state, version, coming


ROWS = [
    ("x:1", "x:1", [("absent", None, None)] * 2),
    (f"{WEB}:1.6.0", f"{WEB}:1.6.0", [("runs", "1.6.0", None)] * 2),
    # Newer than the policy admits: nothing would come, and nothing that the registry does not have.
    (f"{WEB}:2.0.0", f"{WEB}:1.4.0", [("runs", "2.0.0", None), ("runs", "1.4.0", None)]),
    (
        f"{WEB}:1.6.0@{D5}",
        f"{WEB}:1.6.0",
        [("runs", f"1.6.0@{'5' * 12}", f"1.6.0@{'6' * 12}"), ("runs", "1.6.0", None)],
    ),
    (f"{WEB}:1.5.0", f"{WEB}:1.4.0", [("runs", "1.5.0", "1.6.0"), ("runs", "1.4.0", "1.5.0")]),
    # `to` never goes back.
    (f"{WEB}:1.4.0", f"{WEB}:1.5.0", [("runs", "1.4.0", "1.6.0"), ("runs", "1.5.0", None)]),
    # The same tag with another digest is another version, where both name one.
    (
        f"{WEB}:1.5.0@{D5}",
        f"{WEB}:1.5.0@{D4}",
        [("runs", f"1.5.0@{'5' * 12}", f"1.6.0@{'6' * 12}"), ("runs", f"1.5.0@{'4' * 12}", f"1.5.0@{'5' * 12}")],
    ),
]


@pytest.mark.parametrize(("dev", "test", "cells"), ROWS)
def test_what_runs_and_what_would_come(
    tmp_path: Path, dev: str, test: str, cells: list[tuple[str, str | None, str | None]]
) -> None:
    drawn = board(tmp_path, dev, test)
    assert [shown(drawn.cell("web", name)) for name in ("dev", "test")] == cells


AGED = past(replace(ran("1.5.0"), brought=None), ends="it is cut off")


@pytest.mark.parametrize("config", [CONFIG, gated("soak: 30m"), gated("max_behind: 1"), gated("min_age: 500d")])
@pytest.mark.parametrize(("dev", "test", "_"), ROWS)
def test_6_4_it_is_what_to_and_update_would_do(tmp_path: Path, dev: str, test: str, config: str, _: object) -> None:
    files = built(tmp_path, dev, test, config)
    drawn = drive(draw(files.estates, ["dev", "test"], ["web"]), shelf({"web": AGED}))
    for name, intent in (("dev", Update(("dev",), ("web",))), ("test", Promote("test", Sources(("dev",)), ("web",)))):
        made = plan(files, intent, shelf({"web": AGED}))
        cell = drawn.cell("web", name)
        assert {change.new for change in made.changes} == ({cell.next} if cell.next is not None else set())
        if cell.state != "absent":
            codes = [each.code for each in made.refusals] + [each.code for each in made.failures]
            codes += [each.code for each in made.skips if each.code != "already"]
            codes = ["target-newer" if code == "downgrade" else code for code in codes]
            assert codes == ([cell.stop.code] if cell.stop is not None else [])


def since(minutes: float, *others: str) -> Past:
    """1.5.0 runs since so many minutes before noon, after `others`."""
    first = ran("1.5.0")
    assert first.brought is not None
    made = replace(first.brought, at=NOON - timedelta(minutes=minutes))
    return past(replace(first, brought=made), *others)


@pytest.mark.parametrize(
    ("config", "found", "stop"),
    [
        (
            gated("soak: 30m"),
            since(10),
            Stop(
                "waiting", "1.5.0 stays out: soak: live in dev for 10m of 30m", "soak", "2026-01-05T12:20:00+00:00",
                Version("1.5.0"),
            ),
        ),
        (
            gated("soak: 30m"),
            Unknown("the remote does not answer", 5),
            Stop("history", "the remote does not answer"),
        ),
        (gated("soak: 5m"), since(10), None),
    ],
)  # fmt: skip
def test_6_4_what_keeps_it_and_until_when(
    tmp_path: Path, config: str, found: Past | Unknown, stop: Stop | None
) -> None:
    cell = board(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", shelf({"web": found}), config).cell("web", "test")
    assert cell.stop == stop
    assert cell.next == (None if stop is not None else Version("1.5.0"))
    assert cell.notes == (() if stop is None else (stop.reason,))


def test_9_1_a_gate_that_failed_is_named(tmp_path: Path) -> None:
    cell = board(tmp_path, f"{WEB}:1.4.0", f"{WEB}:1.3.0", book(), gated("max_behind: 1")).cell("web", "test")
    why = "1.4.0 stays out: max_behind: more than 1 versions are newer than 1.4.0, up to 1.6.0"
    assert cell.stop == Stop("failed", why, "max_behind", version=Version("1.4.0"))
    assert (cell.next, cell.notes) == (None, (why,))


def test_10_2_whoever_only_looks_starts_no_command(tmp_path: Path) -> None:
    asked = book()
    cell = board(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", asked, gated("run: ./smoke.sh")).cell("web", "test")
    assert not any(isinstance(each, Probe) for each in asked.asked)
    assert (cell.next, cell.unasked) == (Version("1.5.0"), ("run",))
    assert cell.notes == ("1.5.0: the gate run is not asked by who only looks",)


def test_3_3_mixed_is_drift(tmp_path: Path) -> None:
    files = {
        "dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}:1.5.0"),
        "test/a.yaml": deployment("a", f"{WEB}:1.4.0"),
    }
    drawn = drive(draw(build(tmp_path, CONFIG, files).estates, ["dev", "test"]), book())
    cell = drawn.cell("web", "dev")
    assert (cell.state, cell.version) == ("mixed", None)
    assert cell.places == ((Version("1.4.0"), "dev/a.yaml:8:45"), (Version("1.5.0"), "dev/a.yaml:9:45"))
    assert cell.notes == ("its sites differ: 1.4.0 at dev/a.yaml:8, 1.5.0 at dev/a.yaml:9",)
    # A write sets all of them; what is mixed is carried nowhere.
    assert cell.next == Version("1.6.0")
    stop = drawn.cell("web", "test").stop
    assert stop is not None
    assert stop.code == "mixed"
    assert drawn.apps == ("other", "web")


def test_a_place_that_cannot_be_edited_is_told(tmp_path: Path) -> None:
    drawn = board(tmp_path, f"{WEB}:{{{{ .Tag }}}}", f"{WEB}:1.4.0")
    cell = drawn.cell("web", "dev")
    assert cell.state == "refused"
    assert cell.note.startswith("dev/a.yaml:8:")


def test_5_2_a_registry_that_does_not_answer_is_one_note(tmp_path: Path) -> None:
    cell = board(tmp_path, f"{WEB}:1.4.0", f"{WEB}:1.4.0", book(dark=[WEB])).cell("web", "dev")
    assert (cell.version, cell.next) == (Version("1.4.0"), None)
    assert cell.notes == (f"{WEB} does not answer",)
    assert cell.behind == Behind()


def test_5_1_an_environment_without_a_source_gets_nothing(tmp_path: Path) -> None:
    config = f"{APPS}environments: {{dev: {{path: dev, source: none}}, test: {{path: test}}}}"
    cell = board(tmp_path, f"{WEB}:1.4.0", f"{WEB}:1.4.0", config=config).cell("web", "dev")
    assert (cell.next, cell.stop, cell.notes) == (None, None, ())


HELD = """\
holds:
- app: web
  version: 1.5.0
  by: Ann
  reason: it leaks
  until: 2026-02-01
"""


def test_8_3_what_is_held_back_by_whom_and_until_when(tmp_path: Path) -> None:
    def cell(test: str) -> Cell:
        made = built(tmp_path, f"{WEB}:1.5.0", test, **{".promote/holds/test.yaml": HELD})
        return drive(draw(made.estates, ["test"], ["web"]), book()).cell("web", "test")

    waits = cell(f"{WEB}:1.4.0")
    assert waits.stop is not None
    assert (waits.stop.code, waits.stop.until, waits.stop.version) == ("held", "2026-02-01T00:00:00Z", Version("1.5.0"))
    (hold,) = waits.holds
    assert (hold.by, hold.reason, hold.version) == ("Ann", "it leaks", Version("1.5.0"))
    # The sentence that says why nothing comes says it once.
    (note,) = waits.notes
    assert "it leaks (by Ann, until 2026-02-01 00:00Z, .promote/holds/test.yaml:2:3)" in note
    runs = cell(f"{WEB}:1.5.0")
    assert runs.stop is None
    assert runs.holds == waits.holds
    assert runs.notes == (
        "1.5.0 of web is held back: it leaks (by Ann, until 2026-02-01 00:00Z, .promote/holds/test.yaml:2:3); "
        "`promote release test web` lets it in",
    )


def test_8_3_what_holds_everything_back_is_told_in_words(tmp_path: Path) -> None:
    held = 'holds:\n- {app: web, version: 1.5.0}\n- {app: "*", version: "*", reason: we move}\n'
    made = built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", **{".promote/holds/test.yaml": held})
    cell = drive(draw(made.estates, ["test"], ["web"]), book()).cell("web", "test")
    assert cell.notes[-1].startswith("every version of every app is held back: we move (")


def test_8_3_of_many_holds_the_first_are_told_and_all_are_there(tmp_path: Path) -> None:
    held = "holds:\n" + "".join(f"- {{app: web, version: 0.0.{number}}}\n" for number in range(200))
    made = built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", **{".promote/holds/test.yaml": held})
    cell = drive(draw(made.estates, ["test"], ["web"]), book()).cell("web", "test")
    assert len(cell.holds) == 200
    assert cell.notes[-2].endswith(".promote/holds/test.yaml:11:3); `promote release test web` ends that")
    assert cell.notes[-1] == "190 more holds keep versions out; what ends them: `promote release test web`"


def test_8_3_a_file_of_holds_that_cannot_be_read_is_told_once(tmp_path: Path) -> None:
    made = built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", **{".promote/holds/test.yaml": "[a"})
    cell = drive(draw(made.estates, ["test"], ["web"]), book()).cell("web", "test")
    assert cell.stop is not None
    assert cell.stop.code == "holds-unreadable"
    assert cell.notes == (cell.stop.reason,)


@pytest.mark.parametrize(
    ("tag", "moves"),
    [
        ("1.4.0", False),
        ("main-7-0c1d2e3", False),
        ("2026.01.05", False),
        ("latest", True),
        ("Latest-alpine3.19", True),
        ("stable", True),
        ("main", True),
        ("feature-login", True),
    ],
)
def test_which_tags_look_as_if_they_moved(tag: str, moves: bool) -> None:
    assert looks_mutable(tag) is moves


@pytest.mark.parametrize(
    ("image", "app", "told"),
    [
        (f"{WEB}:1.5.0", "", ""),
        (f"{WEB}:1.5.0@{D5}", "", ""),
        (f"{WEB}:1.5.0@{D4}", "immutable_tags: true, ", ""),
        (f"{WEB}:main", "immutable_tags: true, ", ""),
        (f"{WEB}:main", "policy: {order: {digest: main}}, ", ""),
        (f"{WEB}@{D5}", "", ""),
        (f"{WEB}:main", "", "main is a tag that may move, and no digest is pinned"),
        (
            f"{WEB}:1.5.0@{D4}", "",
            f"{WEB}:1.5.0 is @{'5' * 12} in the registry now, and 1.5.0@{'4' * 12} is pinned",
        ),
        (f"{WEB}:1.3.0@{D4}", "", f"{WEB}:1.3.0, which is pinned, cannot be had any more: 404"),
    ],
)  # fmt: skip
def test_tags_that_may_be_another_image_by_now(tmp_path: Path, image: str, app: str, told: str) -> None:
    config = f"apps: {{web: {{{app}image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}, test: {{path: test}}}}"
    cell = board(tmp_path, image, "x:1", config=config).cell("web", "dev")
    assert cell.mutable == told
    assert cell.notes == ((told,) if told else ())


@pytest.mark.parametrize(
    ("image", "policy", "count"),
    [
        (f"{WEB}:1.6.0", 'semver: "^1"', 0),
        (f"{WEB}:1.5.0", 'semver: "^1"', 1),
        (f"{WEB}:1.4.0", 'semver: "^1"', 2),
        # The policy does not take it, and ranks it all the same.
        (f"{WEB}:1.4.0", 'semver: ">=1.5"', 2),
        (f"{WEB}:1.5.5", 'semver: "^1"', 1),
        # Level with one that the registry has.
        (f"{WEB}:v1.5.0", 'semver: "^1"', 1),
        (f"{WEB}:2.0.0", 'semver: "^1"', 0),
        (f"{WEB}:main", 'semver: "^1"', None),
        (f"{WEB}:main", "order: {digest: main}", None),
        (f"{WEB}@{D5}", 'semver: "^1"', None),
    ],
)
def test_how_many_newer_ones_the_registry_has(tmp_path: Path, image: str, policy: str, count: int | None) -> None:
    config = f"apps: {{web: {{image: {WEB}, policy: {{{policy}}}}}}}\nenvironments: {{dev: {{path: dev}}}}"
    drawn = drive(draw(build(tmp_path, config, {"dev/a.yaml": deployment("a", image)}).estates, ["dev"]), book())
    assert drawn.cell("web", "dev").behind.registry == count


@pytest.mark.parametrize(
    ("found", "test", "behind"),
    [
        (past("1.5.0", "1.4.0"), "1.5.0", Behind(0)),
        (past("1.5.0", "1.4.0"), "1.4.0", Behind(1)),
        # What ran twice, and what was no version, counts once and not at all.
        (past("1.5.0", "1.4.9", "mixed", "1.5.0", "absent", "1.4.0"), "1.4.0", Behind(2)),
        (past("1.5.0", "1.4.9", ends="it is cut off"), "1.4.0", Behind(2, is_least=True)),
        # It came from somewhere else: nothing tells.
        (past("1.5.0", "1.4.9"), "1.4.0", Behind()),
        (Unknown("the remote does not answer", 5), "1.4.0", Behind()),
    ],
)
def test_how_many_its_source_has_run_since(
    tmp_path: Path, found: Past | Unknown, test: str, behind: Behind
) -> None:
    config = CONFIG.replace(', policy: {semver: "^1"}', "")
    files = built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:{test}", config)
    drawn = drive(draw(files.estates, ["test"], ["web"], past=True), shelf({"web": found}))
    assert drawn.cell("web", "test").behind == behind
    assert drawn.now == NOON


@pytest.mark.parametrize(
    ("found", "brought"),
    [
        (since(10), "1" * 40),
        (past(replace(ran("1.5.0"), brought=None), ends="it is cut off"), "it is cut off"),
        (past(), "what runs is in no commit yet"),
        (past("1.4.0"), "what runs is in no commit yet"),
        (Unknown("the remote does not answer", 5), "the remote does not answer"),
    ],
)
def test_6_5_since_when_it_runs(tmp_path: Path, found: Past | Unknown, brought: str) -> None:
    made = built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.5.0")
    cell = drive(draw(made.estates, ["test"], ["web"], past=True), shelf({"web": found})).cell("web", "test")
    if isinstance(cell.brought, Unknown):
        assert cell.brought.why == brought
        assert cell.notes == (f"since when it runs is not known: {brought}",)
    else:
        assert cell.brought is not None
        assert (cell.brought.commit, cell.notes) == (brought, ())


def test_the_past_is_asked_for_in_one_batch_a_branch_and_only_where_it_is_wanted(tmp_path: Path) -> None:
    made = built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0")
    rounds: list[frozenset[Question]] = []
    registry = shelf({"web": since(10, "1.4.0")})

    def ask(questions: frozenset[Question]) -> Answers:
        rounds.append(questions)
        return registry(questions)

    drive(draw(made.estates, ["dev", "test"], ["web"]), ask)
    assert not any(isinstance(each, Ran) for each in registry.asked)
    rounds.clear()
    drive(draw(made.estates, ["dev", "test"], ["web"], past=True), ask)
    (one,) = [each for each in rounds if any(isinstance(question, Ran) for question in each)]
    asked = {(each.environment, each.least) for each in one if isinstance(each, Ran)}
    assert asked == {("dev", 20), ("test", 1)}
    registry.asked.clear()
    drive(draw(built(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.5.0").estates, ["test"], ["web"], past=True), registry)
    assert {(each.environment, each.least) for each in registry.asked if isinstance(each, Ran)} == {("test", 1)}


PULLS = f"{APPS}environments: {{dev: {{path: dev}}, test: {{path: test, from: dev, deliver: pull-request}}}}\n"


def standing(tag: str, request: Request | None = OPEN) -> Standing:
    return Standing(Proposed(HEAD, (Carried("test", "web", None, Version(tag), "dev"),), True), request)


@pytest.mark.parametrize(
    ("found", "coming", "pull", "code"),
    [
        (NOTHING_STANDS, "1.5.0", None, None),
        (standing("1.5.0"), "1.5.0", Pull(7, URL, Version("1.5.0")), "proposed"),
        # A branch whose pull request could not be opened.
        (standing("1.5.0", None), "1.5.0", None, "proposed"),
        (standing("1.5.0", replace(OPEN, state="closed")), None, None, "declined"),
        # What was pushed after a person closed it was declined by nobody, and is to be proposed anew.
        (standing("1.5.0", replace(OPEN, state="closed", head_oid="b" * 40)), "1.5.0", None, "proposed"),
        # A newer one takes its place.
        (standing("1.4.5"), "1.5.0", None, None),
        (Unknown("the forge does not answer", 6), None, None, "forge"),
    ],
)
def test_7_1_the_pull_request_that_proposes_it(
    tmp_path: Path, found: Standing | Unknown, coming: str | None, pull: Pull | None, code: str | None
) -> None:
    drawn = board(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", shelf(standing=found), PULLS)
    cell = drawn.cell("web", "test")
    assert (cell.next and cell.next.short, cell.pull) == (coming, pull)
    assert (cell.stop and cell.stop.code) == code


def test_6_7_an_approval_that_is_missing_waits_beside_what_is_proposed(tmp_path: Path) -> None:
    config = PULLS.replace("deliver: pull-request", "deliver: pull-request, gates: [{approval: {by: [ann]}}]")
    registry = shelf(standing=standing("1.5.0"))
    registry.outside = {Reviews(Place("", ""), "promote/env/test", "test"): Reviewed(HEAD)}
    cell = board(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", registry, config).cell("web", "test")
    assert (cell.next, cell.pull) == (Version("1.5.0"), Pull(7, URL, Version("1.5.0")))
    assert cell.stop is not None
    assert (cell.stop.code, cell.stop.gate) == ("waiting", "approval")


def test_what_stays_out_is_told_of_the_newest(tmp_path: Path) -> None:
    gates = "gates: [{freeze: {from: 2026-01-01, until: 2026-02-01, reason: x}}, {approval: {by: [ann]}}]"
    registry = shelf(standing=standing("1.4.5"))
    registry.images = {WEB: {**TAGS, "1.4.5": ("7", 2025)}}
    registry.outside = {Reviews(Place("", ""), "promote/env/test", "test"): Reviewed(HEAD)}
    config = PULLS.replace("deliver: pull-request", f"deliver: pull-request, {gates}")
    cell = board(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", registry, config).cell("web", "test")
    assert (cell.next, cell.pull) == (Version("1.4.5"), Pull(7, URL, Version("1.4.5")))
    assert cell.stop is not None
    assert (cell.stop.gate, cell.stop.version) == ("freeze", Version("1.5.0"))


def test_8_2_an_open_pull_request_that_holds_counts(tmp_path: Path) -> None:
    held = HoldChange("test", "web", Version("1.5.0"), "held", "it leaks")
    found = Standing(Proposed(HEAD, (), True, (held,)), OPEN)
    cell = board(tmp_path, f"{WEB}:1.5.0", f"{WEB}:1.4.0", shelf(standing=found), PULLS).cell("web", "test")
    assert cell.stop is not None
    assert (cell.stop.code, [hold.where for hold in cell.holds]) == ("held", [URL, URL])


LIMITED = APPS.replace("image: nginx", f"image: {API}, policy: {{semver: '^1'}}") + "environments:\n"


@pytest.mark.parametrize(
    ("environment", "apps", "code"),
    [
        ("auto: true, limits: {changes: 1}", [], "too-many-changes"),
        ("auto: true, limits: {changes: 2}", [], None),
        # `update` has no limit of its own, and of some apps nobody can tell how many would change.
        ("limits: {changes: 1}", [], None),
        ("auto: true, limits: {changes: 1}", ["other", "web"], None),
    ],
)
def test_6_6_what_auto_would_not_do(tmp_path: Path, environment: str, apps: list[str], code: str | None) -> None:
    config = f"{LIMITED}  dev: {{path: dev, {environment}}}\n"
    made = build(tmp_path, config, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")})
    cell = drive(draw(made.estates, ["dev"], apps), book()).cell("web", "dev")
    assert (cell.stop and cell.stop.code) == code
    assert (cell.next is None) is (code is not None)


def test_several_sources_of_which_one_lags(tmp_path: Path) -> None:
    config = (
        f"{APPS}environments:\n  dev: {{path: dev}}\n  test: {{path: test}}\n"
        "  prod: {path: prod, from: {any: [dev, test]}}\n"
    )
    files = {"prod/a.yaml": deployment("a", f"{WEB}:1.4.0")}
    made = built(tmp_path, f"{WEB}:1.4.0", f"{WEB}:1.5.0", config, **files)
    found = past("1.5.0", "1.4.0")
    cell = drive(draw(made.estates, ["prod"], ["web"], past=True), shelf({"web": found})).cell("web", "prod")
    assert (cell.next, cell.source, cell.behind.source) == (Version("1.5.0"), "test", 1)
    # Of one of them nobody has asked.
    assert drive(draw(made.estates, ["prod"], ["web"]), shelf()).cell("web", "prod").behind == Behind(registry=2)
