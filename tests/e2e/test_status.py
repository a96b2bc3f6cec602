"""`status`, `diff` and `history` as users run them: over a real Git server and a registry, in each of their forms."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from promote.wording.source import REVISION, SOURCE, VERSION
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops
from tests.e2e.program import Inside, Program
from tests.servers.registry import RunningRegistry
from tests.servers.seed import ImageSpec, write_storage

GITHUB = "https://github.com/acme/labelled"


@pytest.fixture
def gated(repository: Gitops) -> Gitops:
    """The usual repository; prod waits for the end of a freeze, and for a command."""
    text = repository.tree()["promote.yaml"].decode()
    gates = "gates: [{freeze: {from: 2026-01-01, until: 2999-01-01, reason: never}}, {run: touch ran}]"
    new = text.replace("prod: {path: envs/prod, from: test}", f"prod: {{path: envs/prod, from: test, {gates}}}")
    assert new != text
    repository.commit({"promote.yaml": new.encode()}, message="gates")
    return repository


def test_6_4_status_says_what_to_would_do(gated: Gitops, promote: Program, tmp_path: Path) -> None:
    at = ("--repo", gated.url)
    promote.ok("update", "dev", *at)
    promote.ok("to", "test", "web", *at)
    told = promote.ok("status", "--age", *at, "-o", "json").document
    cells = {app["app"]: app["environments"] for app in told["apps"]}
    dev, test, prod = (cells["web"][name] for name in ("dev", "test", "prod"))
    assert [each["version"]["tag"] for each in (dev, test, prod)] == [NEW_WEB, NEW_WEB, OLD_WEB]
    assert [each["behind"]["source"] for each in (dev, test, prod)] == [None, 0, 1]
    assert (dev["behind"]["registry"], prod["behind"]["registry"]) == (0, 2)
    assert (test["brought_by"]["from"], test["brought_by"]["commit"]) == ("dev", gated.tip())
    assert dev["since"] is not None
    # The gate that whoever only looks does not ask is the other one.
    stop = prod["stop"]
    assert (stop["code"], stop["gate"], stop["until"]) == ("waiting", "freeze", "2999-01-01T00:00:00+00:00")
    assert stop["version"]["tag"] == NEW_WEB
    refused = promote.ok("to", "prod", "--dry-run", "--allow-run", *at, "-o", "json").document["refused"]
    assert stop["reason"] in {each["reason"] for each in refused if each["app"] == "web"}
    assert not list(tmp_path.rglob("ran"))
    assert (cells["api"]["test"]["next"]["tag"], cells["api"]["test"]["next_from"]) == (
        cells["api"]["dev"]["version"]["tag"],
        "dev",
    )
    head, *lines = promote.ok("status", *at).stdout.splitlines()
    assert head.split() == ["app", "dev", "test", "prod"]
    (web,) = [line for line in lines if line.startswith("web ")]
    assert web.endswith(f"{OLD_WEB} ⇠ {NEW_WEB} (2 newer, freeze waits until 2999-01-01 00:00Z)")


def test_json_has_how_often_versions_come_where_that_is_asked_for(gated: Gitops, inside: Inside) -> None:
    """Only the page showed it."""
    at = ("--repo", gated.url, "-o", "json")
    inside.ok("update", "dev", *at)
    inside.ok("to", "test", "web", *at)
    (web,) = inside.ok("status", "test", "--app", "web", "--trends", *at).document["apps"]
    told = web["environments"]["test"]["trend"]
    # What the files began with was promoted by nobody.
    assert (told["weeks"][-1], sum(told["weeks"])) == (1, 1)
    (lead,) = told["lead_seconds"]
    assert lead >= 0
    (web,) = inside.ok("status", "test", "--app", "web", "--age", *at).document["apps"]
    assert web["environments"]["test"]["trend"] is None
    done = inside("status", "--trends", "--repo", gated.url)
    assert (done.code, "--trends is shown by -o json" in done.stderr) == (2, True)


def test_each_form_where_it_is_known(gated: Gitops, inside: Inside) -> None:
    at = ("--repo", gated.url, "-o", "markdown")
    for words in (("status",), ("diff", "dev", "test"), ("history", "dev")):
        said = inside.ok(*words, *at).stdout
        assert said.startswith(("| app |", "Nothing would be carried"))
    inside.ok("update", "dev", "--repo", gated.url)
    assert "| `test` | `web` |" in inside.ok("diff", "dev", "test", *at).stdout
    refused = inside("find", *at)
    assert (refused.code, "'markdown' is not one of 'text', 'json'" in refused.stderr) == (2, True)


def test_the_page_has_history_and_links(create: Create, gated: Gitops, promote: Program) -> None:
    at = ("--repo", gated.url)
    text = gated.tree()["promote.yaml"].decode() + "forge: {kind: github, url: https://git.example.com, project: a/b}\n"
    gated.commit({"promote.yaml": text.encode()}, message="where it is")
    promote.ok("update", "dev", *at)
    promote.ok("to", "test", "web", *at)
    said = promote.ok("status", *at, "-o", "html").stdout
    assert said.startswith("<!DOCTYPE html>")
    assert f'href="https://git.example.com/a/b/commit/{gated.tip()}"' in said
    assert "freeze waits until 2999-01-01 00:00Z" in said
    assert re.search(r"<dt>lead time<dd>\d+[ms]", said)
    assert "<h1>" in said


def test_10_2_diff_starts_a_command_only_where_that_is_allowed(gated: Gitops, inside: Inside) -> None:
    at = ("--repo", gated.url)
    inside.ok("set", "test", f"web={NEW_WEB}", "--skip-gate", "from", "--reason", "a try", *at)
    text = gated.tree()["promote.yaml"].decode().replace("until: 2999-01-01", "until: 2026-01-02")
    gated.commit({"promote.yaml": text.encode()}, message="no freeze")
    denied = inside("diff", "test", "prod", *at)
    assert (denied.code, "--allow-run" in denied.stderr, denied.stdout) == (3, True, "")
    assert f"web {OLD_WEB} → {NEW_WEB}" in inside.ok("diff", "test", "prod", "--allow-run", *at).stdout
    assert f"{OLD_WEB} ← {NEW_WEB} (2 newer, run not asked)" in inside.ok("status", *at).stdout


def test_links_compare_what_the_images_are_built_from(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    def image(revision: str, version: str) -> ImageSpec:
        labels = {SOURCE: GITHUB, REVISION: revision, VERSION: version}
        return ImageSpec(created="2026-01-01T00:00:00Z", labels=labels)

    images = {"1.0.0": image("a" * 40, "1.0.0"), "1.1.0": image("b" * 40, "1.1.0")}
    write_storage(registry.storage, "acme/labelled", images)
    place = f"images: [{{name: {registry.host}/acme/labelled, newTag: 1.0.0}}]\n".encode()
    config = (
        f"version: 1\napps: {{web: {{image: {registry.host}/acme/labelled}}}}\n"
        "environments: {dev: {path: dev, source: none}, test: {path: test, from: dev}}\n"
    ).encode()
    files = {"promote.yaml": config, "dev/kustomization.yaml": place, "test/kustomization.yaml": place}
    at = ("--repo", create(files, "labelled.git").url)
    inside.ok("set", "dev", "web=1.1.0", *at)
    url = f"{GITHUB}/compare/{'a' * 40}...{'b' * 40}"
    notes = f"{GITHUB}/releases/tag/1.1.0"
    diff = ("diff", "dev", "test", *at)
    assert f"test: web  compare: {url}\ntest: web  release notes: {notes}\n" in inside.ok(*diff).stdout
    assert f"[compare](<{url}>), [release notes](<{notes}>)" in inside.ok(*diff, "-o", "markdown").stdout
    both = [{"shows": "compare", "url": url}, {"shows": "release notes", "url": notes}]
    told = inside.ok(*diff, "-o", "json").document["links"]
    assert told == [{"environment": "test", "app": "web", **each} for each in both]
    assert inside.ok(*diff, "--no-verify-tag", "-o", "json").document["links"] == []
    assert f"web 1.1.0  compare: {url}\n" in inside.ok("history", "dev", "--links", *at).stdout
    (app,) = inside.ok("history", "dev", "--links", *at, "-o", "json").document["apps"]
    first = [{"shows": "release notes", "url": f"{GITHUB}/releases/tag/1.0.0"}]
    assert [each["links"] for each in app["stretches"]] == [both, first]
    # Without it nobody asks a registry.
    assert url not in inside.ok("history", "dev", *at).stdout
