"""docs/json.md describes each JSON document: what promote writes has exactly the keys of its example."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promote.board import Board, draw
from promote.board.trend import Trend
from promote.check import examine
from promote.history.chronicle import Chronicle
from promote.image import Repository, Version
from promote.notify.event import events_of
from promote.notify.send import body_of
from promote.outcome import Commit, Delivery, Plan, Pulled
from promote.place import Place
from promote.plan.intent import Promote, Rules, Sources, Update
from promote.plan.verifying import Verified
from promote.policy import build as policy
from promote.policy.settings import parse_short
from promote.question import HoldChange, Past, drive
from promote.report import document, views
from promote.verdict import Verdict
from promote.wording.links import Link
from promote.wording.notification import notification
from tests.clock import NOON
from tests.estate.building import Built, build, deployment, kustomization
from tests.notify.deliveries import REPO, delivery, page
from tests.plan.pasts import past, ran
from tests.plan.planning import API, WEB, book, plan, wanted
from tests.report.boards import full_cell
from tests.shared import ROOT

EXAMPLES = dict(re.findall(r"^```json (\w+)\n(.*?)^```$", (ROOT / "docs" / "json.md").read_text(), re.M | re.S))
CONFIG = f"""
apps:
  web: {{image: {WEB}, policy: {{semver: "^1"}}}}
  api: {{image: {API}, policy: {{semver: "^1"}}}}
  shop: {{image: ghcr.io/acme/shop}}
  cron: {{image: ghcr.io/acme/cron, policy: {{semver: "*"}}}}
environments: {{dev: {{path: dev}}, test: {{path: test, from: dev}}}}
"""


@pytest.fixture
def built(tmp_path: Path) -> Built:
    files = {
        "dev/a.yaml": deployment("a", f"{WEB}:1.5.0", f"{API}:1.6.0", "ghcr.io/acme/shop:1", "ghcr.io/acme/shop:2"),
        "dev/b.yaml": deployment("b", "ghcr.io/acme/cron:1.4.0"),
        "test/kustomization.yaml": kustomization(WEB, "1.4.0", resources=["w.yaml"]),
        "test/w.yaml": deployment("w", f"{WEB}:0.1.0"),
        "test/b.yaml": deployment("b", "ghcr.io/acme/cron:1.3.0", "ghcr.io/acme/shop:{{ .Tag }}"),
    }
    return build(tmp_path, CONFIG, files)


def keys(value: object) -> object:
    """The shape of a document: its keys at every level, the entries of a list put together."""
    if isinstance(value, list):
        shapes = [keys(item) for item in value]
        return {"[]": shapes[0] if shapes else None}
    if isinstance(value, dict):
        return {key: keys(item) for key, item in value.items()}
    return "leaf"


def check(name: str, made: Mapping[str, object]) -> None:
    written = document.dump(made)
    assert written.endswith("}\n")
    assert keys(json.loads(written)) == keys(json.loads(EXAMPLES[name]))


def full(made: Plan) -> None:
    assert all((made.changes, made.skips, made.refusals, made.failures)), "each kind of entry must be seen"


DARK = ["ghcr.io/acme/cron"]
CHECKED = Verified("test", "web", Version("1.5.0"), (Verdict("argocd", "waiting", "it is syncing"),))


def test_a_writing_command(built: Built) -> None:
    made = plan(built, Update(("dev",)), book(dark=DARK))
    refused = plan(built, wanted("dev", api="1.4.0"), book())
    held = HoldChange("dev", "web", Version("1.5.1"), "held", "it fails", NOON, "Ann <ann@example.com>", NOON)
    made = Plan(made.changes, made.skips, refused.refusals, made.failures, (), made.steps, holds=(held,))
    full(made)
    place = Place("https://git.example.com/gitops.git", "main")
    pulled = Pulled(place.repo, 12, "https://git.example.com/gitops/pulls/12", "created")
    done = Delivery(made, (Commit(place, "0" * 40, pushed=True),), pulled=(pulled,))
    body = document.delivery("set", done, dry_run=False)
    assert body["schema"] == 1
    check("delivery", body)
    waited = document.delivery("set", done, dry_run=False, verified=[CHECKED])
    assert waited == {**body, "verified": views.verified([CHECKED])["apps"]}


def test_diff(built: Built) -> None:
    made = plan(built, Promote("test", Sources(("dev",))), book(dark=DARK))
    full(made)
    links = (Link("test", "web", "https://github.com/acme/web/compare/abc...def"),)
    check("difference", document.difference("dev", "test", made, links))


def test_wait() -> None:
    body = views.verified([CHECKED])
    check("verified", body)
    assert body["verified"] is False


def test_find(built: Built) -> None:
    rows = document.site_rows(built.estates.values(), configured=True)
    assert {row["code"] for row in rows} == {None, "shadowed", "template"}
    for row in rows:
        check("sites", document.sites([row]))
    assert all(row["environment"] is None for row in document.site_rows(built.estates.values(), configured=False))


def test_tags() -> None:
    chosen = drive(policy(parse_short("semver:^1")).choose((Repository("ghcr.io", "acme/web"),), None), book())
    assert {item.accepted for item in chosen.considered} == {True, False}
    check("selection", document.selection("web", ["ghcr.io/acme/web"], chosen, 3))


def test_status(built: Built) -> None:
    told = {("web", "dev"): Trend((0, 2), (timedelta(days=1, seconds=0.5),))}
    made = views.board(Board(("dev",), ("web",), (full_cell(),), NOON, told))
    check("board", made)
    (cell,) = (app["environments"]["dev"] for app in json.loads(document.dump(made))["apps"])
    assert cell["trend"] == {"weeks": [0, 2], "lead_seconds": [86_400]}
    (example,) = json.loads(EXAMPLES["board"])["apps"]
    drawn = drive(draw(built.estates, ["dev"], ["web", "gone"]), book())
    for app in json.loads(document.dump(views.board(drawn)))["apps"]:
        # What is not known is null, and no key is missing.
        assert app["environments"]["dev"].keys() == example["environments"]["dev"].keys()


def test_check(built: Built) -> None:
    found = drive(examine(built.estates, ["dev"]), book())
    check("findings", views.findings(found))
    assert views.findings(found)["ok"] == all(one.level != "error" for one in found)


def test_history() -> None:
    told = Chronicle(
        "prod",
        Place("https://git.example.com/gitops.git", "main"),
        "0" * 40,
        NOON,
        {"web": past(ran("1.4.0", undone="1.5.0"), "absent"), "api": past("7", ends="history ends here")},
        {("web", 0): (Link("prod", "web", "https://github.com/acme/web/compare/abc...def"),)},
    )
    body = json.loads(document.dump(views.history([told])))
    assert [len(stretch["links"]) for app in body["apps"] for stretch in app["stretches"]] == [1, 0, 0]
    for app in body["apps"]:
        for stretch in app["stretches"]:
            stretch["links"] = stretch["links"] or [{"shows": "", "url": ""}]
            made = stretch["brought_by"]
            made["skipped_gates"] = made["skipped_gates"] or [{"gate": "from", "reason": "hotfix"}]
            stretch["version"] = stretch["version"] or {"tag": None, "digest": None}
            made["rolled_back"] = made["rolled_back"] or {"tag": None, "digest": None}
            stretch["images"] = stretch["images"] or [{"image": "", "tag": None, "digest": None}]
            check("history", {**body, "apps": [{**app, "stretches": [stretch]}]})


def test_history_says_what_is_not_known_by_null() -> None:
    stretches = (replace(ran("1.4.0"), brought=None), ran("absent"))
    told = Chronicle("prod", Place("", ""), None, NOON, {"web": Past(stretches, is_whole=False, ends="it ends")})
    (app,) = json.loads(document.dump(views.history([told])))["apps"]
    assert (app["complete"], app["ends"]) == (False, "it ends")
    first, second = app["stretches"]
    assert (first["since"], first["until"], first["brought_by"]) == (None, None, None)
    assert (second["state"], second["version"], second["until"]) == ("absent", None, None)


def test_what_a_webhook_is_told() -> None:
    body = json.loads(body_of("webhook", notification(REPO, events_of(delivery(), page), NOON)))
    assert {event["kind"] for event in body["events"]} == {"promoted", "waiting-changed", "refused", "failed"}
    assert len({tuple(event) for event in body["events"]}) == 1
    assert keys(body) == keys(json.loads(EXAMPLES["notification"]))


def test_every_example_is_compared() -> None:
    names = ["board", "delivery", "difference", "findings", "history", "notification", "selection", "sites", "verified"]
    assert sorted(EXAMPLES) == names


@pytest.mark.parametrize(
    ("text", "line", "column", "old"),
    [
        (f"images:\n- name: {WEB}\n  newTag: 1.4.0\n", 3, 11, {"tag": "1.4.0", "digest": None}),
        # Nothing stood there: the name is pointed at.
        (f"images:\n- name: {WEB}\n", 2, 9, None),
        (f"# \u00e9\U0001f600\nimages: [{{name: {WEB}, newTag: '1.4.0'}}]\n", 2, 43, {"tag": "1.4.0", "digest": None}),
    ],
)
def test_9_3_line_and_column_are_those_before_the_edit(
    tmp_path: Path, text: str, line: int, column: int, old: object
) -> None:
    made = plan(build(tmp_path, CONFIG, {"dev/kustomization.yaml": text}), wanted("dev", web="1.5.0"), book(), Rules())
    body = document.delivery("set", Delivery(made), dry_run=True)
    (change,) = json.loads(document.dump(body))["changes"]
    assert (change["line"], change["column"], change["old"]) == (line, column, old)
    assert change["new"] == {"tag": "1.5.0", "digest": None}
