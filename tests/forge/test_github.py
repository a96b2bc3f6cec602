"""What is special to GitHub: filters and their traps, people and teams, auto-merge, checks, and who the token is."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from github import Auth, Github, GithubException
from github.Repository import Repository

from promote.errors import ForgeAbsent, ForgeDenied, ForgeRefused, ForgeUnreachable
from promote.forge import github as adapter
from promote.forge.address import Kind, Project
from promote.forge.request import Proposal
from promote.question import CommitStatus, Review
from tests.forge.conftest import TRAILERS, Scene
from tests.servers.forge import github_shapes as shapes
from tests.servers.forge.github import GitHub
from tests.servers.forge.state import Said, Status

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "What moves")


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("github")


@pytest.fixture
def fake(scene: Scene) -> GitHub:
    assert isinstance(scene.fake, GitHub)
    return scene.fake


@pytest.mark.parametrize(
    ("url", "base", "path"),
    [
        ("https://github.com", "https://api.github.com", "/repos/acme/git%20ops"),
        ("https://acme.ghe.com", "https://api.acme.ghe.com", "/repos/acme/git%20ops"),
        ("https://github.example.com", "https://github.example.com/api", "/v3/repos/acme/git%20ops"),
        ("https://example.com:8443/git", "https://example.com:8443/git/api", "/v3/repos/acme/git%20ops"),
        ("https://notghe.com", "https://notghe.com/api", "/v3/repos/acme/git%20ops"),
    ],
)
def test_where_its_api_is(url: str, base: str, path: str) -> None:
    project = Project("github", url, "acme/git ops")
    assert (adapter.api(project), adapter.repository(project)) == (base, path)


def test_each_request_says_who_and_which_version(scene: Scene, fake: GitHub) -> None:
    scene.forge.find(HEAD, BASE)
    headers = fake.log[0].headers
    assert headers["authorization"] == f"Bearer {fake.token}"
    assert (headers["accept"], headers["x-github-api-version"]) == ("application/vnd.github+json", "2022-11-28")
    assert fake.log[0].query["head"] == f"acme:{HEAD}"


# Finding


def test_a_forks_branch_of_the_same_name_is_not_ours(scene: Scene, fake: GitHub) -> None:
    fake.state.open(HEAD, BASE, "from a fork", "")
    fake.foreign = {1}
    assert scene.forge.find(HEAD, BASE) is None


def test_nor_is_that_of_a_fork_that_is_gone(scene: Scene, fake: GitHub) -> None:
    """Its description does not say so, but the head's repository is null then."""
    listed = fake.listed(fake.state.open(HEAD, BASE, "from a fork", ""))
    listed["head"]["repo"] = None
    fake.fail("GET", "/pulls", status=200, body=json.dumps([listed]))
    assert scene.forge.find(HEAD, BASE) is None


def test_an_open_one_need_not_be_the_newest(scene: Scene, fake: GitHub) -> None:
    first = fake.state.open(HEAD, BASE, "first", "")
    fake.state.close(first)
    fake.state.close(fake.state.open(HEAD, BASE, "second", ""))
    first.state = "open"  # a person opened it again
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (1, "open")


def test_of_closed_ones_the_one_that_was_closed_last_is_found(scene: Scene, fake: GitHub) -> None:
    for title in ("first", "second"):
        fake.state.close(fake.state.open(HEAD, BASE, title, ""))
    fake.closed_at = {1: "2026-01-03T00:00:00Z", 2: "2026-01-02T00:00:00Z"}
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert found.title == "first"


def test_a_trial_merge_is_not_what_it_was_merged_as(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert made.merged_as is None
    scene.forge.close(made)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.state, found.merged_as) == ("closed", None)


def test_conflicts_are_unknown_until_github_has_looked(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert made.conflicts is None
    assert scene.forge.update(made, replace(PLAIN, title="again")).request.conflicts is False


def test_a_renamed_repository_is_told_with_what_to_write(scene: Scene, fake: GitHub) -> None:
    moved = {"Location": f"{fake.url}/api/v3/repositories/1/pulls"}
    fake.fail("GET", "/pulls", status=301, headers=moved, body='{"message": "Moved Permanently"}')
    with pytest.raises(ForgeUnreachable, match=r"new name into forge\.project"):
        scene.forge.find(HEAD, BASE)


def test_another_repository_is_absent(scene: Scene, fake: GitHub) -> None:
    project = Project("github", fake.url, "acme/other")
    with pytest.raises(ForgeAbsent, match="there is no acme/other, or the token may not see it"):
        adapter.GitHub(project, scene.web).rights()


# Creating and bringing up to date


def test_what_create_refuses_otherwise_is_told(scene: Scene, fake: GitHub) -> None:
    with pytest.raises(ForgeRefused, match=r"refused \(422\): Validation Failed; head"):
        scene.forge.create("no/such", BASE, PLAIN)
    fake.state.git("update-ref", f"refs/heads/{HEAD}", fake.state.tip(BASE))
    with pytest.raises(ForgeRefused, match=f"No commits between {BASE} and {HEAD}"):
        scene.forge.create(HEAD, BASE, PLAIN)


def test_without_drafts_it_is_created_as_an_ordinary_one(scene: Scene, fake: GitHub) -> None:
    fake.drafts = False
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, draft=True))
    assert "paid plan" in done.lacks["draft"]
    assert [(pull.title, pull.draft) for pull in fake.state.pulls] == [(PLAIN.title, False)]
    again = scene.forge.update(done.request, replace(PLAIN, draft=True))
    assert "not supported" in again.lacks["draft"]


def test_an_ordinary_one_becomes_a_draft_unless_a_person_said_ready(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    wish = replace(PLAIN, draft=True)
    assert scene.forge.update(made, wish).request.draft
    assert [pull.draft for pull in fake.state.pulls] == [True]
    people = repository_of(fake)
    people.get_pull(1).mark_ready_for_review()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert not scene.forge.update(found, wish).request.draft
    assert [pull.draft for pull in fake.state.pulls] == [False]
    # And one that a person made a draft stays one.
    people.get_pull(1).convert_to_draft()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert scene.forge.update(found, PLAIN).request.draft


def test_line_ends_of_the_page_are_no_difference(scene: Scene, fake: GitHub) -> None:
    wish = replace(PLAIN, body="one\n\ntwo\n")
    scene.forge.create(HEAD, BASE, wish)
    fake.state.pulls[0].body = "one\r\n\r\ntwo"
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    fake.log.clear()
    scene.forge.update(found, wish)
    assert fake.log == []


def test_a_title_that_is_too_long_is_cut_and_then_the_same(scene: Scene, fake: GitHub) -> None:
    wish = replace(PLAIN, title="x" * 300)
    made = scene.forge.create(HEAD, BASE, wish).request
    assert (len(made.title), made.title[-1]) == (256, "…")
    fake.log.clear()
    scene.forge.update(made, wish)
    assert fake.log == []


def test_names_in_other_capitals_are_the_same(scene: Scene, fake: GitHub) -> None:
    scene.forge.create(HEAD, BASE, replace(PLAIN, labels=("prod",), reviewers=("alice",), assignees=("carol",)))
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    fake.log.clear()
    scene.forge.update(found, replace(PLAIN, labels=("Prod",), reviewers=("Alice",), assignees=("CAROL",)))
    assert fake.log == []


@pytest.mark.parametrize("who", ["promote-bot", "mallory"])
def test_one_wrong_reviewer_does_not_cost_the_others(scene: Scene, fake: GitHub, who: str) -> None:
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("alice", who, "bob"), teams=("acme/sre", "none")))
    assert fake.state.pulls[0].reviewers == ["alice", "bob"]
    assert fake.state.pulls[0].teams == ["sre"]
    assert done.lacks["reviewers"].startswith(f"{who}: refused (422): ")
    assert done.lacks["teams"].startswith("acme/none: refused (422): ")
    assert set(done.request.reviewers) == {"alice", "bob", "acme/sre"}


def test_whom_a_plan_leaves_out_is_told(scene: Scene, fake: GitHub) -> None:
    fake.asks_one_only = True
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("alice", "bob")))
    assert done.lacks == {"reviewers": "bob: GitHub left this one out"}


def test_whoever_was_asked_once_is_not_asked_again(scene: Scene, fake: GitHub) -> None:
    wish = replace(PLAIN, reviewers=("alice",), teams=("sre",))
    scene.forge.create(HEAD, BASE, wish)
    pull = fake.state.pulls[0]
    fake.said(pull, "alice")
    pull.teams.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.update(found, replace(wish, reviewers=("alice", "bob")))
    assert (pull.reviewers, pull.teams) == (["bob"], [])


def test_where_it_cannot_be_read_who_was_asked_nobody_is(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    fake.fail("GET", "/events", status=403, body='{"message": "Resource not accessible by integration"}')
    done = scene.forge.update(made, replace(PLAIN, reviewers=("alice",), teams=("sre",), draft=True))
    assert set(done.lacks) == {"reviewers", "teams", "draft"}
    assert "issues: read" in done.lacks["teams"]
    assert (done.request.reviewers, done.request.draft) == ((), False)


def test_who_cannot_be_assigned_and_what_is_not_there_is_told(scene: Scene, fake: GitHub) -> None:
    wish = replace(PLAIN, labels=("l" * 51,), assignees=("carol", "mallory"), milestone="Q9")
    done = scene.forge.create(HEAD, BASE, wish)
    assert "name is too long" in done.lacks["labels"]
    assert done.lacks["assignees"].startswith("mallory: ")
    assert done.lacks["milestone"] == "there is no open milestone Q9"
    assert (done.request.assignees, done.request.milestone) == (("carol",), None)


def test_a_milestone_is_found_on_a_later_page(scene: Scene, fake: GitHub) -> None:
    fake.state.milestones = [f"M{number}" for number in range(130)]
    assert scene.forge.create(HEAD, BASE, replace(PLAIN, milestone="M129")).lacks == {}
    assert fake.state.pulls[0].milestone == "M129"


# Merging by itself


def test_what_nothing_holds_is_merged_at_once(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None
    assert fake.state.pulls[0].state == "merged"
    merge = fake.calls("PUT", "/merge")[0]
    assert merge.body == {"sha": made.head_oid, "merge_method": "squash", "commit_message": TRAILERS}
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None  # merged already


def test_a_merge_whose_answer_was_lost_is_no_fault(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    fake.fail("PUT", "/merge", status=502, then=lambda: fake.state.merge(fake.state.pulls[0]) and None)
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None


def test_a_head_that_moved_is_not_merged(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.person.push({"web.yaml": b"tag: theirs\n"}, branch=HEAD)
    why = scene.forge.arm(made, "merge", TRAILERS, anew=False)
    assert why is not None
    assert "Head branch was modified" in why
    assert fake.state.pulls[0].state == "open"


def test_why_it_cannot_be_armed(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    pull, head = fake.state.pulls[0], fake.state.tip(HEAD)
    fake.state.set_status(head, Status("lint", "failure", "", ""))
    assert "make that check required" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    pull.draft = True
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) == "it is a draft"
    fake.allows_auto_merge = False
    assert "does not allow auto-merge" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    fake.state.close(pull)
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) == "it is closed"
    assert pull.merged_as is None


def test_one_that_is_armed_already_gets_the_wanted_method(scene: Scene, fake: GitHub) -> None:
    fake.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    fake.log.clear()
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    assert [each.method for each in fake.log] == ["GET"]
    assert scene.forge.arm(made, "rebase", TRAILERS, anew=False) is None
    assert fake.state.pulls[0].armed == "rebase"


def test_it_is_disarmed_even_where_that_was_not_known(scene: Scene, fake: GitHub) -> None:
    fake.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.forge.arm(made, "merge", TRAILERS, anew=False)
    assert not made.auto_merge
    scene.forge.disarm(made)
    assert fake.state.pulls[0].armed is None


@pytest.mark.parametrize(
    ("kind", "error"),
    [("FORBIDDEN", ForgeDenied), ("RATE_LIMITED", ForgeUnreachable), ("INSUFFICIENT_SCOPES", ForgeDenied)],
)
def test_a_graphql_error_is_one_in_spite_of_its_200(
    scene: Scene, fake: GitHub, kind: str, error: type[Exception]
) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    said = f'{{"data": null, "errors": [{{"type": "{kind}", "message": "the \\u001b[1mwords"}}]}}'
    fake.fail("POST", "/graphql", status=200, body=said)
    with pytest.raises(error, match=r"the +\[1mwords") as caught:
        scene.forge.arm(made, "merge", TRAILERS, anew=False)
    assert "\x1b" not in str(caught.value)


# Statuses, checks and reviews


@pytest.mark.parametrize(
    ("status", "conclusion", "state"),
    [
        ("completed", "cancelled", "failure"),
        ("completed", "timed_out", "failure"),
        ("completed", "action_required", "failure"),
        ("completed", "failure", "failure"),
        ("completed", None, "error"),
        ("queued", None, "pending"),
        ("in_progress", None, "pending"),
        ("waiting", None, "pending"),
        ("completed", "success", "success"),
        ("completed", "neutral", "success"),
        ("completed", "skipped", "success"),
    ],
)
def test_what_a_check_run_means(scene: Scene, fake: GitHub, status: str, conclusion: str | None, state: str) -> None:
    commit = fake.state.tip(HEAD)
    fake.runs[commit] = [("build", status, conclusion)]
    assert [(each.context, each.state) for each in scene.forge.statuses(commit)] == [("build", state)]


def test_a_conclusion_that_is_new_does_not_pass(scene: Scene, fake: GitHub) -> None:
    commit = fake.state.tip(HEAD)
    run = shapes.run(fake.url, commit, 1, "build", "completed", "whatever")
    fake.fail("GET", "/check-runs", status=200, body=json.dumps({"total_count": 1, "check_runs": [run]}))
    assert [each.state for each in scene.forge.statuses(commit)] == ["error"]


def test_statuses_and_checks_of_one_name_count_as_the_worst(scene: Scene, fake: GitHub) -> None:
    commit = fake.state.tip(HEAD)
    fake.state.set_status(commit, Status("build", "success", "fine", ""))
    fake.runs[commit] = [
        ("build", "completed", "success"),
        ("build", "completed", "failure"),
        ("build", "queued", None),
        *((f"job {number}", "completed", "success") for number in range(120)),
    ]
    told = {each.context: each.state for each in scene.forge.statuses(commit)}
    assert told["build"] == "failure"
    assert len(told) == 121


def test_checks_that_a_token_may_not_read_are_told_with_the_cure(scene: Scene, fake: GitHub) -> None:
    said = '{"message": "Resource not accessible by personal access token"}'
    fake.fail("GET", "/check-runs", status=403, body=said)
    with pytest.raises(ForgeDenied, match=r"not accessible by personal access token.*checks: read"):
        scene.forge.statuses(fake.state.tip(HEAD))


def test_a_description_that_is_too_long_is_cut(scene: Scene, fake: GitHub) -> None:
    commit = fake.state.tip(HEAD)
    scene.forge.set_status(commit, CommitStatus("promote/gates", "pending", "x" * 200))
    assert len(fake.state.newest(commit)["promote/gates"].description) == 140


def test_a_status_whose_answer_failed_is_set_again(scene: Scene, fake: GitHub) -> None:
    commit = fake.state.tip(HEAD)
    fake.fail("POST", "/statuses/", status=502)
    scene.forge.set_status(commit, CommitStatus("promote/gates", "success"))
    assert fake.state.newest(commit)["promote/gates"].state == "success"


def test_only_those_who_may_write_count_as_reviewers(scene: Scene, fake: GitHub) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    head = fake.state.tip(HEAD)
    fake.most_reviews = 2
    fake.state.pulls[0].reviews = [
        Said("alice", True, head),
        Said("bob", False, head),
        Said("carol", True, head),
        Said("passer-by", True, head),
    ]
    fake.dismissed = {(1, "bob")}
    assert list(scene.forge.reviews(made)) == [
        Review("alice", approves=True, commit=head),
        Review("carol", approves=True, commit=head),
    ]


# Limits, and who the token is


def test_a_secondary_limit_without_a_time_asks_for_a_minute(scene: Scene, fake: GitHub) -> None:
    said = '{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}'
    fake.fail("GET", "/pulls", status=403, body=said)
    with pytest.raises(ForgeUnreachable, match="asks to wait 60 s"):
        scene.forge.find(HEAD, BASE)


def test_a_secondary_limit_with_a_time_is_waited_for(scene: Scene, fake: GitHub) -> None:
    said = '{"message": "You have exceeded a secondary rate limit."}'
    fake.fail("POST", "/pulls", status=403, body=said, headers={"Retry-After": "0"})
    assert scene.forge.create(HEAD, BASE, PLAIN).request.number == 1


def test_an_apps_token_is_nobodys(scene: Scene, fake: GitHub) -> None:
    fake.is_app = True
    fake.permissions = dict.fromkeys(fake.permissions, False)
    assert scene.forge.rights() == "an App's token, which sees acme/gitops"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("permissions", {"admin": False, "push": False, "pull": True}, "promote-bot may not write to acme/gitops"),
        ("archived", True, "is archived"),
        ("scopes", "gist, public_repo", "the token's scopes are gist, public_repo"),
    ],
)
def test_a_token_that_may_too_little(scene: Scene, fake: GitHub, field: str, value: object, why: str) -> None:
    setattr(fake, field, value)
    with pytest.raises(ForgeDenied, match=why):
        scene.forge.rights()


def test_a_denied_request_names_the_permissions(scene: Scene, fake: GitHub) -> None:
    fake.fail("POST", "/pulls", status=403, body='{"message": "Resource not accessible by integration"}')
    with pytest.raises(ForgeDenied, match=r"not accessible by integration.*pull-requests: write"):
        scene.forge.create(HEAD, BASE, PLAIN)


# The fake, driven by a client that others wrote


def repository_of(fake: GitHub) -> Repository:
    client = Github(base_url=f"{fake.url}/api/v3", auth=Auth.Token(fake.token), retry=None)
    return client.get_repo("acme/gitops")


def test_pygithub_drives_the_fake(scene: Scene, fake: GitHub) -> None:
    theirs = repository_of(fake)
    fake.state.required = {"ci"}
    made = theirs.create_pull(base=BASE, head=HEAD, title="theirs", body="text", draft=False)
    made.add_to_assignees("carol")
    made.create_review_request(reviewers=["alice"], team_reviewers=["sre"])
    made.create_issue_comment("hello")
    made.edit(title="theirs, again")
    made.enable_automerge(merge_method="SQUASH")
    pull = fake.state.pulls[0]
    assert (pull.title, pull.assignees) == ("theirs, again", ["carol"])
    assert (pull.reviewers, pull.teams, pull.comments, pull.armed) == (["alice"], ["sre"], ["hello"], "squash")
    listed = list(theirs.get_pulls(state="all", head=f"acme:{HEAD}", base=BASE))
    assert [(each.number, each.head.sha, each.merged) for each in listed] == [(1, fake.state.tip(HEAD), False)]
    with pytest.raises(GithubException, match="A pull request already exists for acme:promote/env/prod"):
        theirs.create_pull(base=BASE, head=HEAD, title="again", body="")
    commit = theirs.create_git_ref("refs/heads/another", fake.state.tip(HEAD)).object.sha
    fake.runs[commit] = [("build", "completed", "success")]
    made.disable_automerge()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.assignees, found.auto_merge) == (("carol",), False)
    made.edit(state="closed")
    assert pull.state == "closed"
