"""What is special to Bitbucket Data Center: versions, reviewers all or none, what older servers lack, pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from promote.errors import ForgeDenied, ForgeRefused, ForgeUnclear
from promote.forge.address import Kind, Project
from promote.forge.bitbucket_dc import BitbucketDataCenter, api, headers
from promote.forge.bitbucket_dc_answers import Participant, Pull, Ref, Repository, User, reviews
from promote.forge.request import Proposal, PullRequest
from promote.forge.web import Web
from promote.question import CommitStatus, Review
from tests.forge.conftest import TRAILERS, Scene
from tests.servers.forge.bitbucket_dc import BitbucketDataCenter as Fake
from tests.servers.forge.state import Status

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "body")


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("bitbucket-dc")


def fake(scene: Scene) -> Fake:
    assert isinstance(scene.fake, Fake)
    return scene.fake


def created(scene: Scene, proposal: Proposal = PLAIN) -> PullRequest:
    return scene.forge.create(HEAD, BASE, proposal).request


def states(scene: Scene) -> list[str]:
    return [pull.state for pull in scene.state.pulls]


def test_the_api_is_below_the_path_of_the_server() -> None:
    project = Project("bitbucket-dc", "https://example.com/stash", "~ann.o'b/my repo")
    assert api(project) == "https://example.com/stash/rest"
    web = Web(api(project), None, None, headers=dict, cure="")  # type: ignore[arg-type]  # nothing is asked
    at = BitbucketDataCenter(project, web)._at
    assert at == "/api/latest/projects/~ann.o%27b/repos/my%20repo"


def test_a_password_is_basic_and_a_token_bearer() -> None:
    assert headers("abc") == {"Authorization": "Bearer abc", "X-Atlassian-Token": "no-check"}
    assert headers("ann:pw")["Authorization"] == "Basic YW5uOnB3"


def test_the_page_is_below_our_address_whatever_the_server_calls_itself(scene: Scene) -> None:
    assert created(scene).url == f"{scene.project.url}/projects/OPS/repos/gitops/pull-requests/1"


def test_of_many_pages_ours_is_found(scene: Scene) -> None:
    made = created(scene)
    scene.state.git("branch", "release", BASE)
    fake(scene).most = 2
    for _ in range(5):
        scene.state.close(scene.state.open(HEAD, "release", "into another branch", ""))
    scene.fake.log.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (made.number, "open")
    assert len(scene.fake.log) == 3


def test_what_goes_upstream_is_not_ours(scene: Scene) -> None:
    created(scene)
    fake(scene).foreign = {1}
    assert scene.forge.find(HEAD, BASE) is None


def test_an_update_that_came_too_late_is_tried_again_on_what_is_there(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of fifty that set an app each some were beaten twice, and gave up."""
    monkeypatch.setattr("promote.forge.bitbucket_dc_change._PAUSE", 0.0)
    made = created(scene)

    def by_another() -> None:
        scene.state.pulls[0].reviewers = ["carol"]
        fake(scene).versions[1] = 7

    said = '{"errors": [{"message": "You are attempting to modify a pull request based on out-of-date information."}]}'
    scene.fake.fail("PUT", "/pull-requests/1", status=409, body=said, then=by_another)
    scene.forge.update(made, Proposal("another", "body", reviewers=("alice",)))
    pull = scene.state.pulls[0]
    assert (pull.title, sorted(pull.reviewers)) == ("another", ["alice", "carol"])
    for _ in range(9):
        scene.fake.fail("PUT", "/pull-requests/1", status=409, body=said)
    scene.forge.update(made, Proposal("a second", "body"))
    assert pull.title == "a second"
    for _ in range(10):
        scene.fake.fail("PUT", "/pull-requests/1", status=409, body=said)
    with pytest.raises(ForgeRefused, match="out-of-date"):
        scene.forge.update(made, Proposal("a third", "body"))


def test_one_reviewer_that_fails_does_not_fail_the_others(scene: Scene) -> None:
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("promote-bot", "nobody", "bob")))
    assert scene.state.pulls[0].reviewers == ["bob"]
    assert "nobody is not a user" in done.lacks["reviewers"]
    assert "author" in done.lacks["reviewers"]


def test_a_server_without_drafts_says_so_once(scene: Scene) -> None:
    fake(scene).has_drafts = False
    wish = replace(PLAIN, draft=True)
    done = scene.forge.create(HEAD, BASE, wish)
    assert "8.18" in done.lacks["draft"]
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.fake.log.clear()
    assert scene.forge.update(found, wish).lacks == {}
    assert scene.fake.log == []


def test_a_draft_of_a_person_stays_one(scene: Scene) -> None:
    made = created(scene)
    scene.state.pulls[0].draft = True
    scene.forge.update(made, Proposal("another", "body"))
    assert (scene.state.pulls[0].title, scene.state.pulls[0].draft) == ("another", True)


@pytest.mark.parametrize(("setting", "why"), [(None, "8.15"), (False, "is off")])
def test_a_server_without_auto_merge_is_never_asked_to_merge(scene: Scene, setting: bool | None, why: str) -> None:
    made = created(scene)
    fake(scene).auto_merge = setting
    assert why in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    assert scene.fake.calls("POST", "/merge") == []
    assert states(scene) == ["open"]
    scene.forge.disarm(made)


def test_armed_already_is_armed_and_a_veto_is_told(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = created(scene)
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None
    assert scene.state.pulls[0].armed == "squash"
    scene.forge.disarm(made)
    scene.state.pulls[0].draft = True
    assert "vetoes" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")


def test_only_the_head_that_was_meant_is_armed(scene: Scene) -> None:
    made = created(scene)
    scene.person.push({"web.yaml": b"tag: 3\n"}, branch=HEAD)
    assert "moved" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    assert states(scene) == ["open"]


def test_a_decline_whose_answer_was_lost_is_done(scene: Scene) -> None:
    made = created(scene)
    scene.fake.fail("POST", "/decline", cut="after")
    scene.forge.close(made)
    assert states(scene) == ["closed"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_decline_is_tried_twice(scene: Scene, times: int) -> None:
    made = created(scene)
    for _ in range(times):
        scene.fake.fail("POST", "/decline", status=500)
    if times == 1:
        scene.forge.close(made)
        assert states(scene) == ["closed"]
        return
    with pytest.raises(ForgeUnclear):
        scene.forge.close(made)


def test_a_merged_one_cannot_be_closed(scene: Scene) -> None:
    made = created(scene)
    scene.state.merge(scene.state.pulls[0])
    with pytest.raises(ForgeRefused, match="merged or declined"):
        scene.forge.close(made)


def test_an_old_server_takes_builds_at_their_old_place(scene: Scene) -> None:
    fake(scene).has_builds = False
    commit = scene.state.tip(HEAD)
    long = CommitStatus("promote/" + "x" * 300, "failure", "y" * 300)
    scene.forge.set_status(commit, long)
    told = list(scene.forge.statuses(commit))
    assert [(len(each.context), each.state) for each in told] == [(255, "failure")]


def test_a_build_of_a_ci_goes_by_its_key(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    scene.state.set_status(commit, Status("e2e", "success", "", ""))
    assert [each.context for each in scene.forge.statuses(commit)] == ["e2e"]


def test_others_than_reviewers_may_approve() -> None:
    end = Ref("refs/heads/a", Repository(1))
    people = (Participant(User("alice"), "APPROVED", "c"), Participant(User("bob")))
    others = (Participant(User("carol"), "NEEDS_WORK"),)
    pull = Pull(1, 0, "OPEN", "t", end, end, reviewers=people, participants=others)
    assert list(reviews(pull)) == [Review("alice", approves=True, commit="c"), Review("carol", approves=False)]


def test_a_token_that_may_only_read_is_too_little(scene: Scene) -> None:
    assert scene.forge.rights() == "promote bot may write to OPS/gitops"
    fake(scene).may_write = False
    with pytest.raises(ForgeDenied, match="promote bot may read it"):
        scene.forge.rights()


def test_what_a_person_marked_as_ready_stays_ready(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, replace(PLAIN, draft=True))
    scene.state.pulls[0].draft = False
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert not found.draft
    scene.forge.update(found, Proposal("another", "body", draft=True))
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.title, found.draft) == ("another", False)
