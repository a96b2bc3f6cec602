"""What is special to GitLab."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

import gitlab
import msgspec
import pytest

from promote.errors import ForgeDenied, ForgeRefused
from promote.forge.address import Kind, Project
from promote.forge.gitlab import api, headers
from promote.forge.gitlab_answers import MergeRequest, Status, bare, harmless, newest, told
from promote.forge.request import Proposal
from promote.question import CommitStatus, StatusState
from tests.forge.conftest import TRAILERS, Scene
from tests.servers.forge import state
from tests.servers.forge.gitlab import PATH, GitLab
from tests.servers.forge.server import TOKEN

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "What moves:\n\n- web 1 → 2\n")


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("gitlab")


@pytest.fixture
def fake(scene: Scene) -> GitLab:
    assert isinstance(scene.fake, GitLab)
    return scene.fake


def test_where_the_api_is_and_how_a_token_is_shown() -> None:
    assert api(Project("gitlab", "https://gitlab.com", "a/b/c")) == "https://gitlab.com/api/v4"
    assert api(Project("gitlab", "https://example.com/lab", "a/b")) == "https://example.com/lab/api/v4"
    assert headers("glpat-x") == {"Authorization": "Bearer glpat-x"}


def test_a_project_in_groups_is_one_segment(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, PLAIN)
    assert {each.path for each in scene.fake.log} == {"/lab/api/v4/projects/acme%2Fplatform%2Fgitops/merge_requests"}
    assert scene.state.deletes_merged


def test_a_forks_branch_of_the_same_name_is_not_ours(scene: Scene, fake: GitLab) -> None:
    scene.forge.create(HEAD, BASE, PLAIN)
    fake.foreign = {1}
    assert scene.forge.find(HEAD, BASE) is None


# Auto-merge.


def test_a_rebase_is_the_projects_choice(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.fake.log.clear()
    why = scene.forge.arm(made, "rebase", TRAILERS, anew=False)
    assert why is not None
    assert "merge method" in why
    assert scene.fake.log == []


def test_nothing_is_armed_whose_head_is_not_known(scene: Scene, fake: GitLab) -> None:
    scene.state.required = {"ci"}
    fake.sha_is_there = False
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert (made.head_oid, made.conflicts) == ("", None)
    assert "head" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    assert scene.state.pulls[0].armed is None


@pytest.mark.parametrize("draft", [False, True])
def test_why_it_cannot_be_armed_is_a_sentence(scene: Scene, draft: bool) -> None:
    scene.state.required = {"ci"} if draft else set()  # without a pipeline
    made = scene.forge.create(HEAD, BASE, replace(PLAIN, draft=draft)).request
    why = scene.forge.arm(made, "merge", TRAILERS, anew=False)
    assert why is not None
    assert "405" in why
    assert scene.state.pulls[0].state == "open"


def test_a_head_that_moved_is_not_merged(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.person.push({"web.yaml": b"tag: 3\n"}, branch=HEAD)
    assert "SHA does not match" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    assert scene.state.pulls[0].armed is None


def test_a_token_that_may_not_merge_is_a_sentence(scene: Scene, fake: GitLab) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    fake.may_merge = False
    assert "may not merge into main" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")


def test_an_older_server_is_told_in_its_own_word_to_wait(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None
    [asked] = scene.fake.calls("PUT", "/merge")
    message = f"{made.title} (!1)\n\n{TRAILERS}"
    assert asked.body == {
        "auto_merge": True, "merge_when_pipeline_succeeds": True, "sha": made.head_oid, "squash": True,
        "merge_commit_message": message, "squash_commit_message": message,
    }  # fmt: skip


def test_what_is_armed_already_or_was_merged_meanwhile_is_no_fault(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    scene.fake.fail("PUT", "/merge", status=405)
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    scene.fake.fail("PUT", "/merge", status=405, then=lambda: scene.state.merge(scene.state.pulls[0]) and None)
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None


def test_what_was_taken_and_not_armed_is_said(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    answer = {"iid": 1, "web_url": "u", "state": "opened", "source_branch": HEAD, "target_branch": BASE, "title": "t"}
    scene.fake.fail("PUT", "/merge", status=200, body=msgspec.json.encode(answer).decode())
    assert "did not arm" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")


def test_disarming_what_is_not_armed_any_more(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.forge.disarm(replace(made, auto_merge=True))  # 406
    scene.forge.arm(made, "merge", TRAILERS, anew=False)
    scene.fake.fail("POST", "/cancel", status=406)
    with pytest.raises(ForgeRefused):
        scene.forge.disarm(replace(made, auto_merge=True))


# What a request is like.


def test_quick_actions_are_not_done(scene: Scene) -> None:
    hostile = replace(PLAIN, body="Tags:\n/merge\n/approve now\nand / or\n")
    made = scene.forge.create(HEAD, BASE, hostile).request
    assert scene.state.pulls[0].body == "Tags:\n\\/merge\n\\/approve now\nand / or\n"
    scene.forge.comment(made, "/close")
    assert scene.state.pulls[0].state == "open"
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.fake.log.clear()
    scene.forge.update(found, hostile)
    assert scene.fake.log == []


@pytest.mark.parametrize("text", ["a/b", " /merge", "https://example.com/merge", "//", "/ merge", "/1"])
def test_what_is_no_quick_action_is_left(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize(
    ("title", "expected"),
    [
        ("Drafting: x", "Drafting: x"),
        ("prod: Draft: x", "prod: Draft: x"),
        ("Draft: x", "x"),
        ("[draft] Draft: x", "x"),
        ("(Draft) x", "x"),
        ("WIP: x", "x"),
        ("y" * 300, "y" * 248),
    ],
)
def test_a_title_without_its_prefix(title: str, expected: str) -> None:
    assert bare(title) == expected


def test_a_draft_keeps_its_prefix_and_what_a_person_marked_ready_stays_so(scene: Scene) -> None:
    wish = replace(PLAIN, draft=True)
    made = scene.forge.create(HEAD, BASE, wish).request
    assert (made.title, made.draft, scene.state.pulls[0].title) == (PLAIN.title, True, f"Draft: {PLAIN.title}")
    made = scene.forge.update(made, replace(wish, title="newer")).request
    assert (made.title, scene.state.pulls[0].title) == ("newer", "Draft: newer")
    scene.state.pulls[0].title, scene.state.pulls[0].draft = "newer", False
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.update(found, replace(wish, title="newest"))
    assert scene.state.pulls[0].title == "newest"


def test_whom_others_asked_for_a_review_stays(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("alice",), assignees=("alice",))).request
    scene.state.pulls[0].reviewers, scene.state.pulls[0].assignees = ["carol"], ["carol"]
    found = replace(made, reviewers=("carol",), assignees=("carol",))
    scene.fake.log.clear()
    scene.forge.update(found, replace(PLAIN, reviewers=("Bob",), assignees=("CAROL", "alice")))
    pull = scene.state.pulls[0]
    assert (pull.reviewers, pull.assignees) == (["carol", "bob"], ["carol", "alice"])
    assert len(scene.fake.calls("GET", "/merge_requests/")) == 1


def test_without_a_licence_one_reviewer_is_kept_and_it_is_said(scene: Scene, fake: GitLab) -> None:
    fake.is_free = True
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("alice", "bob"), assignees=("carol",)))
    assert set(done.lacks) == {"reviewers"}
    assert "bob" in done.lacks["reviewers"]
    assert done.request.reviewers == ("alice",)


def test_a_milestone_that_is_not_there_is_said(scene: Scene) -> None:
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, milestone="Q9"))
    assert "Q9" in done.lacks["milestone"]
    assert scene.state.pulls[0].milestone is None
    scene.forge.update(done.request, replace(PLAIN, milestone="Q1"))
    assert scene.state.pulls[0].milestone == "Q1"


def read(**fields: Any) -> MergeRequest:
    plain = {"iid": 1, "web_url": "u", "state": "opened", "source_branch": "a", "target_branch": "b", "title": "t"}
    return msgspec.convert({**plain, **fields}, MergeRequest)


def test_nulls_are_taken() -> None:
    nulls = dict.fromkeys(("description", "sha", "reviewers", "assignees", "milestone", "merge_status"))
    assert told(read(**nulls, has_conflicts=None, merge_when_pipeline_succeeds=None)).body == ""


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, None),
        ({"merge_status": "checking"}, None),
        ({"merge_status": "unchecked", "has_conflicts": False}, None),
        ({"merge_status": "cannot_be_merged", "has_conflicts": False}, None),  # a branch is gone, say
        ({"merge_status": "cannot_be_merged", "has_conflicts": True}, True),
        ({"merge_status": "can_be_merged", "has_conflicts": False}, False),
    ],
)
def test_conflicts(fields: dict[str, Any], expected: bool | None) -> None:
    assert told(read(**fields)).conflicts is expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"state": "opened", "merge_commit_sha": "m"}, None),
        ({"state": "closed", "sha": "s"}, None),
        ({"state": "merged", "merge_commit_sha": "m", "squash_commit_sha": "q", "sha": "s"}, "m"),
        ({"state": "merged", "merge_commit_sha": None, "squash_commit_sha": "q", "sha": "s"}, "q"),
        ({"state": "merged", "merge_commit_sha": None, "squash_commit_sha": None, "sha": "s"}, "s"),
    ],
)
def test_the_commit_that_brought_it_in(fields: dict[str, Any], expected: str | None) -> None:
    assert told(read(**fields)).merged_as == expected


def test_one_that_is_being_merged_is_open() -> None:
    assert told(read(state="locked")).state == "open"


# Statuses and reviews.


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("created", "pending"),
        ("running", "pending"),
        ("manual", "pending"),
        ("something-new", "pending"),
        ("success", "success"),
        ("failed", "failure"),
        ("canceled", "error"),
        ("skipped", "error"),
    ],
)
def test_what_a_job_came_to(theirs: str, ours: StatusState) -> None:
    assert newest([Status(1, "ci", theirs)]) == [CommitStatus("ci", ours)]


def test_of_two_pipelines_the_newer_job_counts() -> None:
    told = newest([Status(9, "ci", "success", "d", "u"), Status(2, "ci", "failed"), Status(3, "lint", "failed")])
    assert {each.context: each.state for each in told} == {"ci": "success", "lint": "failure"}


def test_statuses_of_all_pages_are_read(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    for number in range(201):
        scene.state.set_status(commit, state.Status(f"ci-{number}", "success", "", ""))
    assert len(scene.forge.statuses(commit)) == 201
    assert [each.query.get("page") for each in scene.fake.log] == [None, "2", "3"]


def test_a_status_that_stands_already_is_no_fault(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    waits = CommitStatus("promote/gates", "pending", "waits")
    scene.forge.set_status(commit, waits)
    scene.forge.set_status(commit, waits)
    assert len(scene.fake.calls("POST", "/statuses/")) == 2
    scene.fake.fail(
        "POST", "/statuses/", status=400, body='{"message": "Cannot transition status via :drop from :success"}'
    )
    with pytest.raises(ForgeRefused, match="Cannot transition"):
        scene.forge.set_status(commit, CommitStatus("promote/gates", "failure"))
    scene.fake.fail("POST", "/statuses/", status=400, body='{"message": "state is invalid"}')
    with pytest.raises(ForgeRefused, match="invalid"):
        scene.forge.set_status(commit, waits)


def test_a_long_description_is_cut(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    scene.forge.set_status(commit, CommitStatus("promote/gates", "success", "x" * 400, ""))
    assert scene.state.newest(commit)["promote/gates"].description == "x" * 255


def test_who_asks_for_changes_does_not_approve(scene: Scene, fake: GitLab) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    pull, head = scene.state.pulls[0], scene.state.tip(HEAD)
    pull.reviewers = ["alice", "bob", "carol"]
    pull.reviews = [state.Said("alice", True, head), state.Said("bob", False, head)]
    assert {each.by: each.approves for each in scene.forge.reviews(made)} == {"alice": True, "bob": False}
    fake.is_old = True
    assert {each.by: each.approves for each in scene.forge.reviews(made)} == {"alice": True}


# What the token may do.


@pytest.mark.parametrize(
    ("access", "scopes", "words"), [(20, ["api"], "Developer"), (30, ["read_api", "read_user"], "only read_api")]
)
def test_too_little(scene: Scene, fake: GitLab, access: int, scopes: list[str], words: str) -> None:
    fake.access, fake.scopes = access, scopes
    with pytest.raises(ForgeDenied, match=words) as caught:
        scene.forge.rights()
    assert "GITLAB_TOKEN" in caught.value.cure


@pytest.mark.parametrize(
    ("access", "scopes", "words"),
    [(40, ["api"], "scopes: api"), (30, None, "not told"), (None, ["api"], "cannot be told")],
)
def test_enough(scene: Scene, fake: GitLab, access: int | None, scopes: list[str] | None, words: str) -> None:
    fake.access, fake.scopes = access, scopes
    told = scene.forge.rights()
    assert told.startswith("promote-bot ")
    assert words in told


def test_the_fake_is_what_a_client_of_others_takes_it_for(scene: Scene) -> None:
    """python-gitlab, which knows nothing of us."""
    client = gitlab.Gitlab(scene.project.url, private_token=TOKEN, retry_transient_errors=False)
    try:
        project = client.projects.get(PATH)
        commit = scene.state.tip(HEAD)
        wish = {"source_branch": HEAD, "target_branch": BASE, "title": "Draft: t", "labels": ["promotion"]}
        made = cast(Any, project.mergerequests.create(wish))
        with pytest.raises(gitlab.GitlabCreateError, match="Another open merge request already exists"):
            project.mergerequests.create(wish)
        assert (made.iid, made.sha, made.draft) == (1, commit, True)
        made.title = "t"
        made.save()
        made.notes.create({"body": "hello"})
        assert scene.state.pulls[0].comments == ["hello"]
        scene.state.required = {"ci"}
        made.merge(merge_when_pipeline_succeeds=True, sha=commit)
        assert scene.state.pulls[0].armed == "merge"
        made.cancel_merge_when_pipeline_succeeds()
        assert [pull.armed for pull in scene.state.pulls] == [None]
        listed = project.mergerequests.list(source_branch=HEAD, state="opened", get_all=True)
        assert [cast(Any, each).iid for each in listed] == [1]
        for number in range(25):
            project.commits.get(commit, lazy=True).statuses.create({"state": "success", "name": f"ci-{number}"})
        assert len(project.commits.get(commit, lazy=True).statuses.list(get_all=True)) == 25
        scene.state.pulls[0].reviews = [state.Said("alice", True, commit)]
        assert [each["user"]["username"] for each in cast(Any, made.approvals.get()).approved_by] == ["alice"]
        made.state_event = "close"
        made.save()
        assert scene.state.pulls[0].state == "closed"
    finally:
        client.session.close()


def test_what_is_not_armed_or_not_open_costs_nothing(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.fake.log.clear()
    scene.forge.disarm(made)
    scene.forge.close(replace(made, state="closed"))
    assert scene.fake.log == []
    assert scene.forge.project == scene.project


def test_labels_are_added_to_those_that_are_there(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, replace(PLAIN, labels=("promotion",))).request
    scene.state.pulls[0].labels.append("by-hand")
    scene.forge.update(made, replace(PLAIN, labels=("promotion", "prod")))
    assert scene.state.pulls[0].labels == ["promotion", "by-hand", "prod"]
    [asked] = scene.fake.calls("PUT")
    assert asked.body == {"add_labels": ["prod"]}
