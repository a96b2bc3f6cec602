"""`deliver: pull-request` from the command line to every forge: a real repository behind a fake of each API."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from promote.forge.address import Kind
from promote.forge.kinds import TOKEN
from promote.wording.source import REVISION, SOURCE, VERSION
from promote.wording.trailers import parse_holds
from tests.e2e.gitops import NEW_API, NEW_WEB, OLD_WEB, exactly, web_line
from tests.e2e.proposing import BRANCH, PROD, Scene, commits_both
from tests.forge.conftest import ADAPTERS
from tests.servers.forge.state import Status
from tests.servers.registry import RunningRegistry
from tests.servers.seed import ImageSpec, write_storage

ALL = "auto_merge: squash, labels: [promotion], reviewers: [alice, 'team:sre'], assignees: [carol], milestone: Q1"
# What of it a forge cannot do.
LACKING: Mapping[Kind, list[str]] = {
    "azure": ["assignees", "milestone"],
    "bitbucket": ["assignees", "auto-merge", "labels", "milestone", "teams"],
    "bitbucket-dc": ["assignees", "labels", "milestone", "teams"],
    "gitlab": ["teams"],
}


def test_7_1_one_request_for_all_and_a_second_run_changes_nothing(scene: Scene) -> None:
    before = scene.repository.tree()
    main = scene.repository.tip()
    done = scene.set(NEW_WEB)
    assert done.code == 0, done
    made = done.document["pull_requests"]
    assert [(each["number"], each["action"]) for each in made] == [(1, "created")]
    assert [each["new"]["tag"] for each in done.document["changes"]] == [NEW_WEB]
    assert scene.repository.tip() == main
    pull = scene.state.pulls[0]
    assert (pull.head, pull.base, pull.state) == (BRANCH, "main", "open")
    assert NEW_WEB in pull.title
    exactly(before, scene.repository.tree(BRANCH), {PROD: [(web_line(OLD_WEB), web_line(NEW_WEB))]})
    assert scene.repository.git("rev-parse", f"{BRANCH}^") == main
    # A second app joins it: the same request, one commit with both, on main.
    done = scene.set(NEW_API, app="api")
    assert done.code == 0, done
    assert [(each["number"], each["action"]) for each in done.document["pull_requests"]] == [(1, "updated")]
    assert scene.carried() == {"api": NEW_API, "web": NEW_WEB}
    assert scene.repository.git("rev-parse", f"{BRANCH}^") == main
    assert len(scene.state.pulls) == 1
    assert NEW_API in scene.state.pulls[0].body
    # Nothing new: no commit, at most two calls, and one listing of refs.
    refs, calls = scene.repository.refs(), len(scene.forge.log)
    scene.repository.server.log.clear()
    again = scene.set(NEW_WEB)
    assert again.code == 0, again
    assert [each["code"] for each in again.document["skipped"]] == ["proposed"]
    assert again.document["changes"] == []
    assert [each["action"] for each in again.document["pull_requests"]] == ["unchanged"]
    assert scene.repository.refs() == refs
    assert len(scene.forge.log) - calls <= 2
    assert scene.repository.server.log.listings == 1


@pytest.mark.parametrize("scene", ["azure", "gitlab"], indirect=True)
def test_7_1_a_newer_version_takes_the_older_ones_place_and_an_older_one_does_not(scene: Scene) -> None:
    assert scene.set("1.4.1").code == 0
    assert scene.set(NEW_WEB).code == 0
    assert scene.carried() == {"web": NEW_WEB}
    late = scene.set("1.4.1")
    assert (late.code, [each["code"] for each in late.document["skipped"]]) == (0, ["overtaken"])
    assert scene.set("1.4.1", "--allow-downgrade").code == 0
    assert scene.carried() == {"web": "1.4.1"}
    assert len(scene.state.pulls) == 1


def test_a_merge_ends_it_and_a_branch_that_was_left_is_begun_anew(scene: Scene) -> None:
    assert scene.set(NEW_WEB).code == 0
    scene.state.merge(scene.state.pulls[0])
    already = scene.set(NEW_WEB)
    assert (already.code, [each["code"] for each in already.document["skipped"]]) == (0, ["already"])
    assert scene.set(NEW_API, app="api").code == 0
    assert [pull.state for pull in scene.state.pulls] == ["merged", "open"]
    assert scene.carried() == {"api": NEW_API}


@pytest.mark.parametrize("scene", ["bitbucket", "github"], indirect=True)
def test_what_the_base_has_by_itself_closes_the_request_and_its_branch_goes(scene: Scene) -> None:
    assert scene.set(NEW_WEB).code == 0
    tree = scene.repository.tree()
    scene.repository.commit({PROD: tree[PROD].replace(web_line(OLD_WEB), web_line(NEW_WEB))})
    done = scene.set(NEW_WEB)
    assert done.code == 0, done
    assert [each["action"] for each in done.document["pull_requests"]] == ["closed"]
    assert (scene.state.pulls[0].state, len(scene.state.pulls[0].comments)) == ("closed", 1)
    assert scene.state.tip(BRANCH) == ""
    # It was promote that closed it: the same version may be proposed again.
    scene.repository.commit({PROD: tree[PROD]})
    assert scene.set(NEW_WEB).code == 0
    assert [pull.state for pull in scene.state.pulls] == ["closed", "open"]


def test_7_3_one_that_a_person_closed_declines_that_version_until_another_appears(scene: Scene) -> None:
    assert scene.set("1.4.1").code == 0
    scene.state.close(scene.state.pulls[0])
    declined = scene.set("1.4.1")
    assert (declined.code, [each["code"] for each in declined.document["skipped"]]) == (3, ["declined"])
    scene.repository.git("update-ref", "-d", f"refs/heads/{BRANCH}")
    declined = scene.set("1.4.1")
    assert [each["code"] for each in declined.document["skipped"]] == ["declined"]
    assert scene.set(NEW_WEB).code == 0
    assert [pull.state for pull in scene.state.pulls] == ["closed", "open"]
    assert scene.carried() == {"web": NEW_WEB}


@pytest.mark.parametrize("scene", ["github", "gitlab"], indirect=True)
def test_8_2_a_hold_that_was_pushed_after_its_request_was_closed_counts(scene: Scene) -> None:
    """A run that is killed between its push and its request leaves such a branch; the old request's end decided."""
    hold = ("hold", "prod", "web", "--reason", "it leaks", "--version")
    assert scene.run(*hold, "1.4.1").code == 0
    scene.state.close(scene.state.pulls[0])
    assert scene.set("1.4.1").code == 0, "nobody wants the hold"
    assert scene.run(*hold, NEW_WEB).code == 0
    # Its request was never made.
    scene.state.pulls.pop()
    done = scene.set(NEW_WEB)
    (refused,) = done.document["refused"]
    assert (done.code, refused["code"]) == (3, "held"), done
    assert "deleting branch promote/hold/prod lets it in" in refused["reason"]


@pytest.mark.parametrize("scene", ["github"], indirect=True)
def test_7_3_a_persons_commits_on_the_branch_are_left_alone_and_it_is_said(scene: Scene) -> None:
    assert scene.set(NEW_WEB).code == 0
    scene.repository.commit({"notes.txt": b"by hand\n"}, branch=BRANCH)
    refs = scene.repository.refs()
    done = scene.set(NEW_API, app="api")
    assert (done.code, [each["code"] for each in done.document["refused"]]) == (3, ["branch-edited"])
    assert scene.repository.refs() == refs


@pytest.mark.parametrize("scene", ["bitbucket-dc", "gitea"], indirect=True)
def test_a_request_in_conflict_is_built_anew_on_the_base(scene: Scene) -> None:
    assert scene.set(NEW_WEB).code == 0
    tree = scene.repository.tree()
    moved = tree[PROD].replace(web_line(OLD_WEB), web_line("1.4.1"))
    scene.repository.commit({PROD: moved})
    assert scene.state.conflicts(scene.state.pulls[0])
    assert scene.set(NEW_API, app="api").code == 0
    assert not scene.state.conflicts(scene.state.pulls[0])
    assert scene.repository.git("rev-parse", f"{BRANCH}^") == scene.repository.tip()


@pytest.mark.parametrize("scene", ["forgejo", "gitlab"], indirect=True)
def test_a_create_whose_answer_was_lost_makes_one(scene: Scene) -> None:
    scene.forge.fail("POST", "", cut="after")
    assert scene.set(NEW_WEB).code == 0
    assert len(scene.state.pulls) == 1


@pytest.mark.parametrize(
    ("scene", "status"),
    # What each adapter makes of each status is with the adapters' own tests.
    [
        ("azure", 401),
        ("bitbucket", 403),
        ("bitbucket-dc", 404),
        ("forgejo", 422),
        ("gitea", 500),
        ("github", 500),
        ("gitlab", 401),
    ],
    indirect=["scene"],
)
def test_a_forge_that_fails_is_exit_6_and_the_next_run_completes(
    scene: Scene, status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Of a busy forge the number of tries is the limit here, not their time.
    monkeypatch.setattr("promote.clock.SystemClock.sleep", lambda self, seconds: None)
    for _ in range(6):
        scene.forge.fail("GET", "", status=status)
    refs = scene.repository.refs()
    done = scene.set(NEW_WEB)
    assert done.code == 6, done
    assert [each["exit"] for each in done.document["failed"]] == [6]
    assert scene.forge.token not in done.output
    assert scene.repository.refs() == refs
    scene.forge.faults.clear()
    assert scene.set(NEW_WEB).code == 0
    assert [pull.state for pull in scene.state.pulls] == ["open"]


@pytest.mark.parametrize("scene", ["gitlab"], indirect=True)
def test_a_commit_that_is_pushed_when_the_forge_fails_gets_its_request_from_the_next_run(scene: Scene) -> None:
    scene.forge.fail("POST", "", status=403)
    done = scene.set(NEW_WEB)
    assert (done.code, [each["code"] for each in done.document["failed"]]) == (6, ["pull-request"])
    assert (scene.carried(), scene.state.pulls) == ({"web": NEW_WEB}, [])
    again = scene.set(NEW_WEB)
    assert again.code == 0
    assert [each["action"] for each in again.document["pull_requests"]] == ["created"]
    assert [pull.state for pull in scene.state.pulls] == ["open"]


@pytest.mark.parametrize("scene", ["azure"], indirect=True)
def test_without_a_token_it_says_which_to_set(scene: Scene) -> None:
    reason = ("--skip-gate", "from", "--reason", "a test")
    done = scene.inside("set", "prod", f"web={NEW_WEB}", *reason, "--repo", scene.repository.url)
    assert done.code == 6
    assert TOKEN in done.stderr


@pytest.mark.parametrize("scene", ["bitbucket"], indirect=True)
def test_the_url_stands_last_on_stdout(scene: Scene) -> None:
    reason = ("--skip-gate", "from", "--reason", "a test")
    done = scene.ok("set", "prod", f"web={NEW_WEB}", *reason)
    assert re.search(r"https?://\S+\Z", done.stdout.rstrip().splitlines()[-1])


@pytest.mark.parametrize("scene", ["gitlab"], indirect=True)
def test_dry_run_shows_what_would_be_and_writes_nothing(scene: Scene) -> None:
    refs = scene.repository.refs()
    done = scene.set(NEW_WEB, "--dry-run")
    assert (done.code, len(done.document["changes"])) == (0, 1), done
    assert scene.repository.refs() == refs
    assert scene.state.pulls == []


@pytest.mark.parametrize("scene", [("gitlab", ", pull_request: {group: app, labels: [promotion]}")], indirect=True)
def test_7_1_one_request_an_app(scene: Scene) -> None:
    assert scene.set(NEW_WEB).code == 0
    assert scene.set(NEW_API, app="api").code == 0
    assert [(pull.head, pull.labels) for pull in scene.state.pulls] == [
        ("promote/app/prod/web", ["promotion"]),
        ("promote/app/prod/api", ["promotion"]),
    ]
    assert scene.carried("promote/app/prod/web") == {"web": NEW_WEB}
    assert scene.carried("promote/app/prod/api") == {"api": NEW_API}


@pytest.mark.parametrize("scene", [("gitea", ", pull_request: {group: run}")], indirect=True)
def test_7_1_one_request_for_all_environments(scene: Scene) -> None:
    text = scene.repository.tree()["promote.yaml"].decode()
    more = "deliver: pull-request, pull_request: {group: run}"
    scene.repository.commit({"promote.yaml": text.replace("from: dev}", f"from: dev, {more}}}").encode()})
    assert scene.set(NEW_WEB).code == 0
    skip = ("--skip-gate", "from", "--reason", "a test")
    scene.ok("set", "test", "web=1.4.1", *skip)
    assert [pull.head for pull in scene.state.pulls] == ["promote/run"]
    lines = scene.repository.trailers("promote/run")
    assert [line for line in lines if line.startswith("Promote-Env")] == [
        "Promote-Environment: prod",
        "Promote-Environment: test",
    ]


@pytest.mark.parametrize("scene", [("github", "")], indirect=True)
def test_a_rollback_has_a_branch_of_its_own(scene: Scene) -> None:
    scene.ok("set", "prod", f"web={NEW_WEB}", "--commit", "--skip-gate", "from", "--reason", "a test")
    scene.ok("rollback", "prod", "web")
    assert [(pull.head, pull.state) for pull in scene.state.pulls] == [("promote/rollback/prod", "open")]
    assert scene.carried("promote/rollback/prod") == {"web": OLD_WEB}


@pytest.mark.parametrize("scene", [(kind, f", pull_request: {{{ALL}}}") for kind in sorted(ADAPTERS)], indirect=True)
def test_what_was_wished_once_costs_nothing_in_a_run_that_changes_nothing(scene: Scene) -> None:
    """Bitbucket Data Center was asked five times in each run, and armed anew; refs were listed four times."""
    scene.state.required = {"ci"}
    first = scene.set(NEW_WEB)
    assert first.code == 0
    pull = replace(scene.state.pulls[0])
    assert pull.armed == (None if scene.forge.project.kind == "bitbucket" else "squash")
    scene.forge.log.clear()
    scene.repository.server.log.clear()
    again = scene.set(NEW_WEB)
    assert again.code == 0
    assert [each["action"] for each in again.document["pull_requests"]] == ["unchanged"]
    assert scene.state.pulls == [pull]
    assert len(scene.forge.log) <= 2
    assert scene.repository.server.log.listings == 1
    # What the forge cannot do is a warning each, and nothing else is.
    warned = [line.rpartition(f"/{pull.number}: ")[2].split(":")[0] for line in first.messages]
    assert sorted(warned) == LACKING.get(scene.forge.project.kind, [])


@pytest.mark.parametrize(
    "scene", [(kind, ", pull_request: {auto_merge: squash}") for kind in ("azure", "gitea", "github")], indirect=True
)
def test_a_squash_by_the_forge_tells_of_all_that_the_branch_had_in_the_end(scene: Scene) -> None:
    scene.state.required = {"ci"}
    assert scene.set(NEW_WEB).code == 0
    assert scene.set(NEW_API, app="api").code == 0
    scene.state.set_status(scene.state.tip(BRANCH), Status("ci", "success", "", ""))
    assert scene.state.pulls[0].state == "merged"
    assert scene.carried("main") == {"api": NEW_API, "web": NEW_WEB}


@pytest.mark.parametrize("scene", [("github", ", pull_request: {auto_merge: squash}")], indirect=True)
def test_a_squash_by_the_forge_tells_what_is_held_back(scene: Scene) -> None:
    scene.state.required = {"ci"}
    scene.ok("hold", "prod", "api", "--reason", "it fails", "--version", NEW_API)
    scene.state.set_status(scene.state.tip("promote/hold/prod"), Status("ci", "success", "", ""))
    assert scene.state.pulls[0].state == "merged"
    (held,) = parse_holds(scene.repository.message())
    assert (held.environment, held.app, str(held.version), held.action) == ("prod", "api", NEW_API, "held")


@pytest.mark.parametrize("scene", [("gitlab", "")], indirect=True)
@pytest.mark.parametrize(("option", "pulls"), [("--commit", 0), ("--pull-request", 1)])
def test_the_command_line_stands_above_promote_yaml(scene: Scene, option: str, pulls: int) -> None:
    main = scene.repository.tip()
    environment = "prod" if option == "--commit" else "dev"
    skip = ("--skip-gate", "from", "--reason", "a test") if environment == "prod" else ()
    scene.ok("set", environment, f"web={NEW_WEB}", option, *skip)
    assert len(scene.state.pulls) == pulls
    assert (scene.repository.tip() == main) is (pulls == 1)


WITHOUT_END = """, pull_request: {body: "{{ 'x' * 2**40 }}"}"""


@pytest.mark.parametrize("scene", [("github", WITHOUT_END)], indirect=True)
def test_a_template_that_does_not_end_is_told_before_anything_is_written(scene: Scene) -> None:
    refs = scene.repository.refs()
    done = scene.set(NEW_WEB)
    assert done.code == 2
    assert re.search(r"promote\.yaml:\d+:\d+: the template makes a value of more than 1,048,576", done.stderr)
    assert scene.repository.refs() == refs
    assert scene.state.pulls == []
    checked = scene.run("check", "prod")
    assert checked.code == 2
    assert re.search(r"error +prod: promote\.yaml:\d+:\d+: the template makes", checked.stdout)


@pytest.mark.parametrize("scene", ["github", "bitbucket-dc"], indirect=True)
def test_7_1_who_writes_last_need_not_have_pushed_last(scene: Scene) -> None:
    """A slow writer put its older body over the newer one, which told of one app where the branch had two."""
    assert scene.set("1.4.1").code == 0
    verb = "PUT" if scene.forge.project.kind == "bitbucket-dc" else "PATCH"
    scene.forge.fail(verb, "", status=502, then=lambda: commits_both(scene.repository, scene.state))
    assert scene.set(NEW_WEB).code == 0
    assert scene.carried() == {"api": NEW_API, "web": NEW_WEB}
    pull = scene.state.pulls[0]
    assert all(version in pull.title and f"`{version}`" in pull.body for version in (NEW_API, NEW_WEB))


@pytest.mark.parametrize("scene", ["forgejo"], indirect=True)
def test_the_body_links_what_the_labels_of_the_images_tell(scene: Scene, registry: RunningRegistry) -> None:
    source = "https://github.com/acme/linked"
    images = {
        tag: ImageSpec(created="2026-01-01T00:00:00Z", labels={SOURCE: source, REVISION: letter * 40, VERSION: tag})
        for tag, letter in (("1.0.0", "a"), ("1.1.0", "b"))
    }
    write_storage(registry.storage, "acme/linked", images)
    image, tree = f"{registry.host}/acme/linked", scene.repository.tree()
    text = tree["promote.yaml"].decode().replace("apps:\n", f"apps:\n  linked: {{image: {image}}}\n", 1)
    place = f"images: [{{name: {image}, newTag: 1.0.0}}]\n".encode()
    scene.repository.commit({"promote.yaml": text.encode(), "envs/prod/linked/kustomization.yaml": place})
    assert scene.set("1.1.0", app="linked").code == 0
    compare, notes = f"{source}/compare/{'a' * 40}...{'b' * 40}", f"{source}/releases/tag/1.1.0"
    assert f"[compare](<{compare}>), [release notes](<{notes}>)" in scene.state.pulls[0].body


def test_a_hundred_apps_make_one_request_with_at_most_ten_calls(scene: Scene) -> None:
    count = 100
    tree = scene.repository.tree()
    apps = "".join(f"  app{number}: {{image: example.com/app{number}}}\n" for number in range(count))
    text = tree["promote.yaml"].decode().replace("apps:\n", f"apps:\n{apps}", 1)
    images = "".join(f"- name: example.com/app{number}\n  newTag: 1.0.0\n" for number in range(count))
    scene.repository.commit(
        {"promote.yaml": text.encode(), "envs/prod/more/kustomization.yaml": f"images:\n{images}".encode()}
    )
    versions = [f"app{number}=2.0.{number}" for number in range(count)]
    done = scene.inside.ok(
        *("set", "prod", *versions, "--skip-gate", "from", "--reason", "x", "--no-verify-tag"),
        *("--repo", scene.repository.url, "-o", "json"),
        env={TOKEN: scene.forge.token},
    )
    assert len(done.document["changes"]) == count
    assert len(scene.state.pulls) == 1
    assert len(scene.forge.log) <= 10


@pytest.mark.parametrize("scene", [("gitlab", "")], indirect=True)
def test_a_job_of_github_actions_is_told(scene: Scene, tmp_path: Path) -> None:
    output, summary = tmp_path / "output", tmp_path / "summary"
    env = {TOKEN: scene.forge.token, "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    words = ("set", "prod", f"web={NEW_WEB}", "--skip-gate", "from", "--reason", "x", "--repo", scene.repository.url)
    scene.inside.ok(*words, env=env)
    lines = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert lines["changed"] == "true"
    assert lines["commit"] == scene.repository.tip(BRANCH)
    assert lines["pull-request-url"].startswith("http")
    assert f"`{NEW_WEB}`" in summary.read_text()
    unwritable = scene.inside(*words, env={**env, "GITHUB_OUTPUT": str(tmp_path)})
    assert unwritable.code == 2
    assert "GITHUB_OUTPUT" in unwritable.stderr


def test_check_tells_what_the_token_may_do_and_what_keeps_pull_requests_away(scene: Scene) -> None:
    found = scene.run("check", "prod", "-o", "json").document["findings"]
    [forge] = [each for each in found if each["code"] == "forge"]
    assert (forge["level"], forge["subject"]) == ("ok", "prod")
    assert scene.forge.project.page in forge["what"]
    scene.forge.token = "another-token-entirely"
    denied = scene.inside("check", "prod", "--repo", scene.repository.url, "-o", "json", env={TOKEN: "wrong-token-1"})
    [forge] = [each for each in denied.document["findings"] if each["code"] == "forge"]
    assert (forge["level"], denied.code) == ("error", 6)
    assert "wrong-token-1" not in denied.output


@pytest.mark.parametrize("scene", ["github"], indirect=True)
def test_8_2_an_open_rollback_and_a_proposed_hold_hold_back(scene: Scene) -> None:
    before = scene.repository.tree()
    newer = before[PROD].replace(web_line(OLD_WEB), web_line(NEW_WEB))
    scene.repository.commit({PROD: newer})
    assert scene.set(NEW_API, app="api").code == 0
    scene.ok("rollback", "prod", "web")
    scene.ok("hold", "prod", "api", "--reason", "it fails", "--version", NEW_API)
    assert [(each.head, each.state) for each in scene.state.pulls] == [
        (BRANCH, "open"),
        ("promote/rollback/prod", "open"),
        ("promote/hold/prod", "open"),
    ]
    rollback = scene.repository.tree("promote/rollback/prod")
    assert b"- app: web\n  version: 1.5.0\n" in rollback.pop(".promote/holds/prod.yaml")
    assert rollback == scene.repository.tree() | {PROD: before[PROD]}
    assert f"hold `api` `{NEW_API}`: it fails" in scene.state.pulls[2].body
    # A person takes it back first: the rollback that is open still holds 1.5.0 back.
    scene.repository.commit({PROD: before[PROD]})
    stopped = scene.set(NEW_WEB)
    assert [(each["app"], each["code"]) for each in stopped.document["refused"]] == [("web", "held"), ("api", "held")]
    # What is held back by now leaves the pull request that proposed it.
    scene.ok("to", "prod")
    assert scene.state.pulls[0].state == "closed"
    scene.ok("release", "prod", "api")
    assert scene.state.pulls[2].state == "closed"
    assert scene.set(NEW_API, app="api").code == 0


@pytest.mark.parametrize("scene", ["github"], indirect=True)
def test_status_shows_what_is_proposed_and_asks_the_forge_no_more_than_a_run_does(scene: Scene) -> None:
    (made,) = scene.set(NEW_WEB).document["pull_requests"]
    before = len(scene.forge.log)
    told = scene.ok("status", "prod", "-o", "json").document
    asked = len(scene.forge.log) - before
    cells = {app["app"]: app["environments"]["prod"] for app in told["apps"]}
    pull = {"number": 1, "url": made["url"], "version": {"tag": NEW_WEB, "digest": None}}
    assert (cells["web"]["pull_request"], cells["api"]["pull_request"]) == (pull, None)
    assert cells["web"]["next"]["tag"] == NEW_WEB
    assert "(2 newer, #1)" in scene.ok("status", "prod").stdout
    before = len(scene.forge.log)
    scene.ok("to", "prod", "--dry-run")
    assert 0 < asked <= len(scene.forge.log) - before
