"""What is special to Gitea and Forgejo: pages, drafts, numbers of labels, branches that are gone, scheduled merges."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from promote.errors import ForgeDenied, ForgeRefused
from promote.forge.address import Kind, Project
from promote.forge.gitea import api, headers
from promote.forge.gitea_answers import Branch, Pull, ReviewAnswer, Status, User, last_words, newest, titled, told
from promote.forge.request import Proposal
from promote.question import CommitStatus, Review
from tests.forge.conftest import TRAILERS, Scene
from tests.servers.forge.contract import BreachError
from tests.servers.forge.gitea import Gitea
from tests.servers.forge.server import Reply
from tests.servers.forge.state import Said

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "body")


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("gitea")


def fake(scene: Scene) -> Gitea:
    assert isinstance(scene.fake, Gitea)
    return scene.fake


def many(scene: Scene, count: int) -> None:
    """So many closed pull requests of another branch, changed after all that is there, on pages of five."""
    fake(scene).most = 5
    scene.person.push({"other.yaml": b"a: 1\n"}, branch="other")
    for _ in range(count):
        pull = scene.state.open("other", BASE, "another", "")
        scene.state.close(pull)
        fake(scene).touched[pull.number] = 5000


def test_the_api_is_below_the_path_of_the_server() -> None:
    assert api(Project("gitea", "https://example.com/git", "a/b")) == "https://example.com/git/api/v1"
    assert headers("abc") == {"Authorization": "token abc"}


@pytest.mark.parametrize("kind", ["gitea", "forgejo"])
def test_an_open_one_beyond_the_first_page_is_found(scene_of: Callable[[Kind], Scene], kind: Kind) -> None:
    scene = scene_of(kind)
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    many(scene, 6)
    scene.fake.log.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (made.number, "open")
    assert len(scene.fake.log) == (1 if kind == "forgejo" else 2)


def test_of_many_pages_none_is_ours_and_two_more_requests_tell(scene: Scene) -> None:
    many(scene, 12)
    scene.fake.log.clear()
    assert scene.forge.find(HEAD, BASE) is None
    assert len(scene.fake.log) == 3
    assert scene.fake.log[-1].path.endswith("/pulls/main/promote/env/prod")


def test_an_ended_one_on_a_late_page_is_found(scene: Scene) -> None:
    first = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.forge.close(first)
    second = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.forge.close(second)
    many(scene, 12)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    # The lookup by branches would have told the first.
    assert (found.number, found.state) == (second.number, "closed")


def test_pages_are_asked_of_our_address_though_the_server_links_another(scene: Scene) -> None:
    fake(scene).links_from = "https://git.example.com"
    many(scene, 6)
    assert scene.forge.find(HEAD, BASE) is None
    commit = scene.state.tip(BASE)
    for number in range(6):
        scene.forge.set_status(commit, CommitStatus(f"ci-{number}", "success"))
    assert len(scene.forge.statuses(commit)) == 6


def test_an_ended_ones_head_is_its_own_though_the_branch_moved_on(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.state.close(scene.state.pulls[0])
    scene.person.push({"web.yaml": b"tag: 3\n"}, branch=HEAD)
    assert scene.state.tip(HEAD) != made.head_oid
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.state, found.head_oid) == ("closed", made.head_oid)


def test_a_merged_one_is_found_after_its_branch_was_deleted(scene: Scene) -> None:
    scene.state.deletes_merged = True
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    merged_as = scene.state.merge(scene.state.pulls[0])
    assert not scene.state.tip(HEAD)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.state, found.head, found.head_oid, found.merged_as) == ("merged", HEAD, made.head_oid, merged_as)


def test_a_forks_branch_of_the_same_name_is_not_ours() -> None:
    base = Branch("main", "main", "b" * 40, 7)
    ours = Pull(1, "u", "open", "t", base, Branch(HEAD, HEAD, "a" * 40, 7))
    assert ours.leads(HEAD, BASE)
    theirs = Pull(2, "u", "open", "t", base, Branch(HEAD, HEAD, "a" * 40, 8))
    assert not theirs.leads(HEAD, BASE)
    gone = Pull(3, "u", "closed", "t", base, Branch(HEAD, "refs/pull/3/head", "a" * 40, -1))
    assert not gone.leads(HEAD, BASE)


@pytest.mark.parametrize(
    ("title", "draft", "shown"),
    [
        ("prod: web 2", False, "prod: web 2"),
        ("Draft: web 2", False, "Draft: web 2"),  # no sign of a draft at this server
        ("WIP: web 2", True, "web 2"),
        ("[wip] web 2", True, "web 2"),
        ("Draft: web 2", True, "web 2"),
        ("WIP: web 2", None, "web 2"),  # an old server, which does not say
        ("Draft: web 2", None, "Draft: web 2"),
    ],
)
def test_the_sign_of_a_draft_is_no_part_of_the_title(title: str, draft: bool | None, shown: str) -> None:
    branch = Branch("main", "main", "a" * 40, 7)
    request = told(Pull(1, "u", "open", title, branch, branch, draft=draft))
    assert (request.title, request.draft) == (shown, shown != title)


def test_a_long_title_is_cut_once_and_not_sent_again(scene: Scene) -> None:
    long = Proposal("x" * 300, "body", draft=True)
    scene.forge.create(HEAD, BASE, long)
    assert len(scene.state.pulls[0].title) == 255
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.fake.log.clear()
    scene.forge.update(found, long)
    assert scene.fake.log == []
    assert titled("t", draft=True) == "WIP: t"


def test_a_draft_of_a_person_stays_one_under_a_new_title(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, PLAIN)
    scene.state.pulls[0].title = "WIP: prod: web 2"
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.update(found, Proposal("prod: web 3", "body"))
    assert scene.state.pulls[0].title == "WIP: prod: web 3"


def test_of_labels_that_differ_in_case_the_one_that_was_written_is_meant(scene: Scene) -> None:
    scene.state.labels = ["Prod", "prod", "PROD", "Promotion"]
    scene.forge.create(HEAD, BASE, replace(PLAIN, labels=("prod", "promotion")))
    assert scene.state.pulls[0].labels == ["prod", "Promotion"]


def test_labels_of_the_organisation_and_unknown_ones(scene: Scene) -> None:
    fake(scene).org_labels = ["shared"]
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, labels=("prod", "shared", "nowhere")))
    assert scene.state.pulls[0].labels == ["prod", "shared"]
    assert "nowhere" in done.lacks["labels"]


def test_labels_of_an_organisation_that_the_token_may_not_see(scene: Scene) -> None:
    scene.fake.fail("GET", "/orgs/", status=403)
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, labels=("prod", "shared")))
    assert scene.state.pulls[0].labels == ["prod"]
    assert "read:organization" in done.lacks["labels"]


def test_a_persons_repository_has_no_labels_above_it_and_no_teams(scene: Scene) -> None:
    fake(scene).is_personal = True
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, labels=("nowhere",), reviewers=("alice",), teams=("sre",)))
    assert sorted(done.lacks) == ["labels", "teams"]
    assert "organisation" in done.lacks["teams"]
    assert scene.state.pulls[0].reviewers == ["alice"]


def test_one_name_that_fails_does_not_fail_the_others(scene: Scene) -> None:
    wish = replace(PLAIN, reviewers=("promote-bot", "nobody", "bob"), assignees=("nobody", "carol"), milestone="Q9")
    done = scene.forge.create(HEAD, BASE, wish)
    pull = scene.state.pulls[0]
    assert (pull.reviewers, pull.assignees, pull.milestone) == (["bob"], ["carol"], None)
    assert "poster of pr" in done.lacks["reviewers"]
    assert "nobody" in done.lacks["reviewers"]
    assert "nobody" in done.lacks["assignees"]
    assert "Q9" in done.lacks["milestone"]


def test_who_gave_a_review_is_not_asked_again(scene: Scene) -> None:
    wish = replace(PLAIN, reviewers=("alice", "bob"))
    made = scene.forge.create(HEAD, BASE, wish).request
    pull = scene.state.pulls[0]
    pull.reviews.append(Said("alice", True, scene.state.tip(HEAD)))
    pull.reviewers.remove("alice")  # as the server does
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.fake.log.clear()
    scene.forge.update(found, wish)
    assert [asked.method for asked in scene.fake.log] == ["GET"]
    assert made.number == found.number


def test_arming_waits_until_the_server_has_looked(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    fake(scene).checking = 2
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None
    assert scene.state.pulls[0].armed == "squash"
    assert len(scene.fake.calls("POST", "/merge")) == 3


def test_armed_already_is_armed_and_a_draft_is_not(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, replace(PLAIN, draft=True)).request
    assert "Work in progress" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")
    scene.state.pulls[0].draft = False
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    scene.forge.disarm(made)
    assert scene.state.pulls[0].armed is None
    scene.forge.disarm(made)  # is not armed: no fault


def test_where_nothing_is_awaited_it_merges_at_once_and_only_the_head_that_was_meant(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert "out of date" in (scene.forge.arm(replace(made, head_oid="0" * 40), "merge", TRAILERS, anew=False) or "")
    assert [pull.state for pull in scene.state.pulls] == ["open"]
    assert scene.forge.arm(made, "merge", TRAILERS, anew=False) is None
    assert [pull.state for pull in scene.state.pulls] == ["merged"]


def test_a_merged_one_cannot_be_closed(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.state.merge(scene.state.pulls[0])
    with pytest.raises(ForgeRefused, match="already merged"):
        scene.forge.close(made)


def test_a_warning_is_no_success_and_the_newest_counts() -> None:
    told = newest([Status(2, "ci", "warning"), Status(1, "ci", "success"), Status(3, "lint", "skipped")])
    assert [(each.context, each.state) for each in told] == [("ci", "failure"), ("lint", "success")]


def test_what_counts_as_an_approval() -> None:
    def said(
        number: int, who: str, state: str, *, dismissed: bool = False, official: bool | None = None
    ) -> ReviewAnswer:
        return ReviewAnswer(number, state, User(who), commit_id="c", dismissed=dismissed, official=official)

    given = [
        said(5, "alice", "COMMENT"),
        said(1, "alice", "REQUEST_CHANGES"),
        said(2, "alice", "APPROVED"),
        said(3, "bob", "APPROVED", dismissed=True),
        said(4, "eve", "APPROVED", official=False),
        said(6, "dave", "REQUEST_REVIEW"),
        ReviewAnswer(7, "APPROVED"),  # of a user who was deleted
    ]
    assert last_words(given) == [
        Review("alice", approves=True, commit="c"),
        Review("bob", approves=False, commit="c"),
        Review("eve", approves=False, commit="c"),
    ]


def test_a_token_that_may_only_read_is_too_little(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    scene.fake.fail("GET", "/user", status=403, body='{"message": "token does not have at least one of scopes"}')
    assert scene.forge.rights() == "the token's user may write to acme/git.ops"
    readable = {"id": 7, "permissions": {"admin": False, "push": False, "pull": True}}
    monkeypatch.setattr(scene.fake, "_repo", lambda _: Reply(200, readable))
    with pytest.raises(ForgeDenied, match="not write") as caught:
        scene.forge.rights()
    assert "GITEA_TOKEN" in caught.value.cure


@pytest.mark.parametrize("kind", ["gitea", "forgejo"])
def test_the_published_description_judges_what_is_sent_and_answered(
    scene_of: Callable[[Kind], Scene], kind: Kind
) -> None:
    judge = scene_of(kind).fake.contract
    if judge is None:
        pytest.skip("shared data absent: openapi")
    path = "/git/api/v1/repos/acme/git.ops/pulls"
    with pytest.raises(BreachError, match="unknown fields"):
        judge.request("POST", path, {}, {"title": "t", "draft": True})
    with pytest.raises(BreachError, match="unknown query"):
        judge.request("GET", path, {"page_size": "9"}, None)
    with pytest.raises(BreachError, match="integer"):
        judge.answer("POST", path, 201, {"number": "1"})


def test_what_a_person_marked_as_ready_stays_ready(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, replace(PLAIN, draft=True))
    scene.state.pulls[0].title = PLAIN.title
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert not found.draft
    scene.forge.update(found, Proposal("another", "body", draft=True))
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.title, found.draft) == ("another", False)
