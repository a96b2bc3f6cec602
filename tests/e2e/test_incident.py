"""A night on call: what is rolled back, by whom, without which secrets, and what is told of it (SEMANTICS §8)."""

from __future__ import annotations

import pytest

from tests.e2e.gitops import NEW_API, NEW_WEB, OLD_API, OLD_WEB, Gitops, web_line
from tests.e2e.program import Inside
from tests.e2e.proposing import Scene
from tests.servers.registry import RunningRegistry

WEB_FILE = "envs/dev/web/kustomization.yaml"
HOLDS = ".promote/holds/dev.yaml"


def _settle(repository: Gitops, more: str) -> None:
    """Puts more into promote.yaml."""
    repository.commit({"promote.yaml": repository.tree()["promote.yaml"] + more.encode()})


def test_a_missing_password_ends_no_status_and_a_rollback_names_the_way_without_it(
    repository: Gitops, registry: RunningRegistry, inside: Inside
) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", *at)
    tree = repository.tree()["promote.yaml"].decode()
    secret = "{username: x, password: {env: PROMOTE_NIGHT}}"
    host = f"  '{registry.host}': "
    assert host in tree or "registries:" not in tree
    _settle(repository, f"registries:\n{host}{secret}\n")
    told = inside.ok("status", *at)
    assert "web" in told.stdout
    assert "password: the secret PROMOTE_NIGHT is not set; set the environment variable" in told.stdout
    stopped = inside("rollback", "dev", "web", *at)
    assert stopped.code == 4
    assert "PROMOTE_NIGHT is not set" in stopped.stderr
    assert "; --no-verify-tag rolls back without asking" in stopped.stderr
    inside.ok("rollback", "dev", "web", "--no-verify-tag", *at)
    assert web_line(OLD_WEB) in repository.tree()[WEB_FILE]


@pytest.mark.parametrize("scene", [("gitea", "")], indirect=True)
def test_a_missing_token_ends_no_status_and_a_rollback_names_the_way_without_it(scene: Scene) -> None:
    skips = ("--skip-gate", "from", "--reason", "a test")
    scene.ok("set", "prod", f"web={NEW_WEB}", "--commit", *skips)
    scene.ok("set", "test", f"api={NEW_API}", *skips)
    text = scene.repository.tree()["promote.yaml"]
    named = text.replace(b"kind: gitea,", b"kind: gitea, token: {env: PROMOTE_NIGHT},")
    scene.repository.commit({"promote.yaml": named})
    told = scene.ok("status", "prod")
    assert "forge: token: the secret PROMOTE_NIGHT is not set" in told.stdout
    stopped = scene.run("rollback", "prod", "web")
    assert stopped.code == 6
    assert "PROMOTE_NIGHT is not set; set the environment variable; --commit rolls back without a" in stopped.stderr
    done = scene.ok("rollback", "prod", "web", "--commit")
    assert f"prod: web {NEW_WEB} → {OLD_WEB}" in done.stdout


def test_8_3_a_hold_is_by_the_person_and_not_by_the_robot_of_promote_yaml(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    _settle(repository, "commit: {author: 'Robot <robot@example.com>'}\n")
    inside.ok("update", "dev", *at)
    nia = {"GIT_COMMITTER_NAME": "Nia", "GIT_COMMITTER_EMAIL": "nia@example.com"}
    assert inside("rollback", "dev", "web", *at, env=nia).code == 0
    assert b'by: "Nia <nia@example.com>"' in repository.tree()[HOLDS]
    assert repository.git("log", "-1", "--format=%an, %cn", "main").strip() == "Robot, Nia"
    (app,) = inside.ok("history", "dev", "web", *at, "-o", "json").document["apps"]
    assert app["stretches"][0]["brought_by"]["author"] == "Nia <nia@example.com>"
    # Where git knows nobody, the robot is all that is known; and --author says who it is.
    inside.ok("hold", "dev", "api", "--reason", "x", *at)
    assert b'by: "Robot <robot@example.com>"' in repository.tree()[HOLDS]
    inside.ok("hold", "dev", "--reason", "y", "--author", "Ann <ann@example.com>", *at)
    assert b'by: "Ann <ann@example.com>"' in repository.tree()[HOLDS]


def test_8_1_since_a_time_and_again_changes_nothing(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", "--app", "web", *at)
    done = inside.ok("rollback", "dev", "--all", "--yes", "--since", "10m", *at)
    assert f"dev: web {NEW_WEB} → {OLD_WEB}" in done.stdout
    # What came before is no news.
    assert "api" not in done.output
    tip = repository.tip()
    again = inside.ok("rollback", "dev", "--all", "--yes", "--since", "10m", *at)
    assert f"web skipped, already: dev runs web {OLD_WEB}, as it did then" in again.stderr
    assert f"web was rolled back from {NEW_WEB} to {OLD_WEB}" in inside.ok("rollback", "dev", "web", *at).stderr
    assert repository.tip() == tip


def test_9_1_all_is_every_app_by_name(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    inside.ok("update", "dev", *at)
    inside.ok("hold", "dev", "web", "--reason", "x", "--version", OLD_WEB, *at)
    stopped = inside("rollback", "dev", "--all", "--yes", *at)
    assert (stopped.code, "dev: web held: " in stopped.stderr) == (3, True)
    inside.ok("release", "dev", "--app", "web", "--version", OLD_WEB, *at)
    inside.ok("hold", "dev", "--reason", "moving the cluster", *at)
    done = inside.ok("rollback", "dev", "--app", "web", *at)
    assert "warning: dev holds every version of every app back: moving the cluster (" in done.stderr
    assert "; the way back is open" in done.stderr


def test_what_cannot_be_asked_for_is_said_in_one_sentence(repository: Gitops, inside: Inside) -> None:
    at = ("--repo", repository.url)
    for words, told in (
        (("rollback", "web"), "there is no environment 'web'"),
        (("rollback", "dev"), "no app is named; name the apps, or --all --yes for every app"),
        (("rollback", "dev", "web", "--to", "1", "--since", "2h"), "--to names a version, and --since a time"),
        (("rollback", "dev", "web", "--since", "2999-01-01"), "--since: '2999-01-01' is still to come"),
        (("rollback", "dev", "web", "--since", "soon"), "--since: 'soon' is no time"),
        (("rollback", "dev", "--all", "--app", "web"), "--all rolls back every app, and apps are named too"),
    ):
        done = inside(*words, *at)
        assert (done.code, told in done.stderr) == (2, True), done


def test_a_file_that_is_not_committed_names_the_way_without_the_clone(repository: Gitops, inside: Inside) -> None:
    inside.ok("update", "dev", "--repo", repository.url)
    clone = repository.clone()
    file = clone / WEB_FILE
    file.write_bytes(file.read_bytes() + b"# mine\n")
    done = inside("rollback", "dev", "web", cwd=clone)
    assert done.code == 3
    assert f"commit or stash them, or roll back without this clone: --repo {repository.url}" in done.stderr
    assert "--write-only" not in done.stderr


BACK, AUTO = "promote/rollback/prod", ", auto: true"


def _forward(scene: Scene, *apps: str) -> None:
    """What is wrong in prod by now."""
    scene.ok("set", "prod", *apps, "--commit", "--skip-gate", "from", "--reason", "a test")


# Forges that do not tell of a conflict when they are asked for a pull request.
@pytest.mark.parametrize("scene", [(kind, AUTO) for kind in ("bitbucket", "bitbucket-dc", "gitea")], indirect=True)
def test_8_2_one_request_for_all_that_is_rolled_back_is_built_anew_where_holds_have_changed(scene: Scene) -> None:
    _forward(scene, f"web={NEW_WEB}", f"api={NEW_API}")
    done = scene.ok("rollback", "prod", "--all", "--yes")
    url = done.stdout.splitlines()[-1]
    assert [(pull.head, pull.state) for pull in scene.state.pulls] == [(BACK, "open")]
    assert scene.carried(BACK) == {"api": OLD_API, "web": OLD_WEB}
    assert f"web {NEW_WEB} until pull request 1 is merged; --commit does it at once" in done.stderr
    assert "git pull" not in done.stdout
    # It holds each of them back, and is told beside what runs.
    cells = [each["environments"]["prod"] for each in scene.ok("status", "prod", "-o", "json").document["apps"]]
    assert [[hold["where"] for hold in cell["holds"]] for cell in cells] == [[url], [url]]
    coming = [(cell["next"]["tag"], cell["next_from"]) for cell in cells]
    assert coming == [(OLD_API, "rollback"), (OLD_WEB, "rollback")]
    assert f"{NEW_WEB} ← {OLD_WEB} (" in (shown := scene.ok("status", "prod").stdout)
    assert "#1, rollback" in shown
    # Again: it stands.
    again = scene.ok("rollback", "prod", "web", "-o", "json")
    assert [each["code"] for each in again.document["skipped"]] == ["proposed"]
    head = scene.repository.git("rev-parse", BACK)
    for command in (("auto", "prod"), ("rollback", "prod", "web")):
        scene.ok("hold", "prod", "web", "--reason", command[0], "--version", f"9.9.{len(command)}", "--commit")
        assert scene.state.conflicts(scene.state.pulls[0])
        scene.ok(*command)
        assert not scene.state.conflicts(scene.state.pulls[0])
        assert scene.repository.git("rev-parse", f"{BACK}^") == scene.repository.tip()
        assert scene.carried(BACK) == {"api": OLD_API, "web": OLD_WEB}
    now = scene.repository.git("rev-parse", BACK)
    assert now != head
    scene.ok("auto", "prod")
    assert scene.repository.git("rev-parse", BACK) == now


@pytest.mark.parametrize("scene", [("github", AUTO)], indirect=True)
def test_8_2_what_is_rolled_back_at_once_closes_its_request(scene: Scene) -> None:
    _forward(scene, f"web={NEW_WEB}", f"api={NEW_API}")
    scene.ok("rollback", "prod", "web")
    done = scene.ok("rollback", "prod", "web", "--commit")
    assert f"prod: web {NEW_WEB} → {OLD_WEB}" in done.stdout
    assert [(pull.head, pull.state) for pull in scene.state.pulls] == [(BACK, "closed")]
    # What else stands there stays, and is built anew without it by the next run.
    scene.ok("set", "prod", "web=1.4.1", "--commit", "--skip-gate", "from", "--reason", "a test")
    scene.ok("rollback", "prod", "web", "api")
    scene.ok("rollback", "prod", "web", "--commit")
    scene.ok("auto", "prod")
    assert scene.carried(BACK) == {"api": OLD_API}


@pytest.mark.parametrize("scene", ["gitea"], indirect=True)
def test_8_3_what_is_only_proposed_to_be_released_is_not_told_as_released(scene: Scene) -> None:
    scene.ok("hold", "prod", "web", "--reason", "x", "--commit")
    told = scene.ok("release", "prod", "web").stdout
    assert "prod: every version of web to be released, once it is merged" in told
