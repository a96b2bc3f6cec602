"""What the writing commands tell elsewhere: once, of what they did, and with no word of a secret to anybody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from promote.forge.kinds import TOKEN
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, config, files
from tests.e2e.program import Inside, Result
from tests.servers.forge.gitea import Gitea
from tests.servers.forge.state import State
from tests.servers.hook import Hook, hook

SET = ("set", "dev", f"web={NEW_WEB}", "--no-verify-tag")
# Older than what runs, by the app's policy.
OLDER = ("set", "dev", "web=1.3.0", "--no-verify-tag")
CANARY, KEY, SIGNING = "c4n4ry-address", "c4n4ry-key", "c4n4ry-signing"
NOTIFY = """\
notify:
  - slack: {url: {env: PROMOTE_SLACK_URL}}
  - webhook: {url: {env: PROMOTE_HOOK_URL}, headers: {X-Key: {env: PROMOTE_KEY}}, secret: {env: PROMOTE_SIGNING}}
    environments: [prod]
    on: [promoted]
  - teams: {url: {env: PROMOTE_TEAMS_URL}}
    apps: [a*]
"""


class Scene:
    """A repository that tells of its changes, what it has told, and the program."""

    def __init__(self, repository: Gitops, told: Hook, inside: Inside) -> None:
        self.repository, self.told, self.inside = repository, told, inside
        self.environ = {
            "PROMOTE_SLACK_URL": told.url(f"/slack/{CANARY}?sig={CANARY}"),
            "PROMOTE_HOOK_URL": told.url(f"/hook/{CANARY}"),
            "PROMOTE_TEAMS_URL": told.url(f"/teams/{CANARY}"),
            "PROMOTE_KEY": KEY,
            "PROMOTE_SIGNING": SIGNING,
        }

    def run(self, *words: str | Path, **environ: str) -> Result:
        done = self.inside(*words, "--repo", self.repository.url, env={**self.environ, **environ})
        assert [secret for secret in (CANARY, KEY, SIGNING) if secret in done.output] == []
        return done

    def texts(self) -> list[str]:
        """What Slack was told, and forget it."""
        bodies = [json.loads(body) for path, _, body in self.told.got if path.startswith("/slack")]
        self.told.got.clear()
        return [_text(body) for body in bodies]


def _text(body: Any) -> str:
    return "".join(each["text"] for each in body["blocks"][0]["elements"][0]["elements"])


@pytest.fixture
def scene(create: Create, told: Hook, inside: Inside) -> Scene:
    content = files("registry.invalid", digest="sha256:" + "0" * 64)
    return Scene(create(content | {"promote.yaml": config("registry.invalid", NOTIFY).encode()}), told, inside)


@pytest.fixture
def told() -> Iterator[Hook]:
    with hook() as running:
        yield running


def test_a_team_is_told_of_its_own_apps_alone(scene: Scene) -> None:
    assert scene.run(*SET).code == 0
    assert [path.split("/")[1] for path, _, _ in scene.told.got] == ["slack"]
    # Its digest is to be had of a registry, and there is none: that concerns both.
    assert scene.run("set", "dev", "api=main-101-4a5b6c7", "--no-verify-tag").code == 4
    assert sorted(path.split("/")[1] for path, _, _ in scene.told.got[1:]) == ["slack", "teams"]


@pytest.mark.parametrize("more", [("--dry-run",), ("--no-push",), ("--write-only",)])
def test_what_reaches_no_remote_is_told_nobody(scene: Scene, more: tuple[str, ...]) -> None:
    clone = scene.repository.clone()
    assert scene.inside(*SET, *more, cwd=clone, env=scene.environ).code == 0
    assert scene.inside(*OLDER, *more, cwd=clone, env=scene.environ).code == 3
    assert scene.told.got == []


def test_what_changes_nothing_is_told_nobody(scene: Scene) -> None:
    assert scene.run("set", "dev", f"web={OLD_WEB}", "--no-verify-tag").code == 0
    assert scene.told.got == []


def test_a_change_is_told_once_and_only_to_whom_it_concerns(scene: Scene) -> None:
    done = scene.run(*SET, "-v")
    assert (done.code, "warning" in done.output) == (0, False)
    assert "POST *** 200 " in done.stderr
    (text,) = scene.texts()
    assert text.splitlines()[:2] == ["gitops: 1 promoted", "dev"]
    assert text.splitlines()[2].startswith(f"web {OLD_WEB} → {NEW_WEB}, commit {scene.repository.tip()[:12]}")
    assert scene.run(*SET).code == 0
    assert scene.texts() == []


def test_another_environments_target_gets_json_with_its_headers(scene: Scene) -> None:
    skip = ("--skip-gate", "from", "--reason", "a test")
    # It did not ask for refusals.
    assert scene.run("set", "prod", "web=1.3.0", "--no-verify-tag", *skip).code == 3
    assert [path.split("/")[1] for path, _, _ in scene.told.got] == ["slack"]
    assert scene.run("set", "prod", f"web={NEW_WEB}", "--no-verify-tag", *skip).code == 0
    (headers, body) = next((headers, body) for path, headers, body in scene.told.got if path.startswith("/hook"))
    assert headers["x-key"] == KEY
    assert headers["promote-signature"].startswith("sha256=")
    document = json.loads(body)
    assert document["repo"] == scene.repository.url
    (event,) = document["events"]
    assert (event["kind"], event["environment"], event["commit"]) == ("promoted", "prod", scene.repository.tip())


def test_a_refusal_is_told_when_it_is_new(scene: Scene) -> None:
    assert scene.run(*OLDER).code == 3
    (text,) = scene.texts()
    assert text.splitlines()[:2] == ["gitops: 1 refused", "dev"]
    assert "web refused, downgrade: " in text
    assert scene.run(*OLDER).code == 3
    assert scene.texts() == []
    # A run that does not know what was told says it again; one of other apps changes nothing.
    assert scene.run(*OLDER, "--no-cache").code == 3
    assert len(scene.texts()) == 1
    assert scene.run("set", "test", f"web={OLD_WEB}", "--no-verify-tag").code == 0
    assert scene.run(*OLDER).code == 3
    assert scene.texts() == []
    # It has ended, and begins again.
    assert scene.run(*SET).code == 0
    scene.texts()
    assert scene.run(*OLDER).code == 3
    assert len(scene.texts()) == 1


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"PROMOTE_SLACK_URL": ""}, "the secret PROMOTE_SLACK_URL is not set; set the environment variable"),
        ({"PROMOTE_SLACK_URL": f"http://127.0.0.1:1/{CANARY}"}, "127.0.0.1: the connection was refused"),
        ({"PROMOTE_SLACK_URL": f"http://hooks.example.com/{CANARY}"}, "hooks.example.com: plain HTTP shows"),
    ],
    ids=["unset", "down", "plain"],
)
def test_a_target_that_cannot_be_told_is_a_warning(scene: Scene, given: dict[str, str], says: str) -> None:
    done = scene.run(*SET, "-v", **given)
    assert done.code == 0
    (warning,) = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert warning.startswith(f"warning: notify[0].slack: {says}")
    assert scene.repository.tip()[:12] in done.stdout


def test_what_could_not_be_told_is_told_by_the_next_run(scene: Scene) -> None:
    scene.told.answers = [404]
    done = scene.run(*OLDER)
    assert done.code == 3
    assert "warning: notify[0].slack: 127.0.0.1: answered 404; check that its address" in done.stderr
    scene.texts()
    assert scene.run(*OLDER).code == 3
    assert len(scene.texts()) == 1


def test_one_that_hangs_keeps_no_other_from_being_told(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.api.notifying._SECONDS", 0.5)
    scene.told.hangs = True
    with hook() as other:
        done = scene.run(
            "set", "prod", f"web={NEW_WEB}", "--no-verify-tag", "--skip-gate", "from", "--reason", "a test",
            PROMOTE_HOOK_URL=other.url("/hook"),
        )  # fmt: skip
        assert len(other.got) == 1
    assert done.code == 0
    assert "warning: notify[0].slack: 127.0.0.1: no complete answer in time" in done.stderr


def test_7_1_what_is_proposed_is_told_with_its_pull_request(create: Create, told: Hook, inside: Inside) -> None:
    repository = create(files("registry.invalid", digest="sha256:" + "0" * 64))
    with Gitea(State(repository.folder), "gitea") as forge:
        address = f"forge: {{kind: gitea, url: {forge.project.url}, project: {forge.project.path}}}\n"
        repository.commit({"promote.yaml": config("registry.invalid", address + NOTIFY).encode()})
        scene = Scene(repository, told, inside)
        assert scene.run(*SET, "--pull-request", **{TOKEN: forge.token}).code == 0
        ((_, _, body),) = told.got
        elements = json.loads(body)["blocks"][0]["elements"][0]["elements"]
        links = {each["text"]: each["url"] for each in elements if each["type"] == "link"}
        oid = repository.tip("promote/env/dev")
        assert links == {
            "pull request": f"{forge.project.page}/pulls/1",
            f"commit {oid[:12]}": f"{forge.project.page}/commit/{oid}",
        }
