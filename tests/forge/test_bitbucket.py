"""What is special to Bitbucket Cloud: short hashes, the query language, people without names, pages in bodies."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace

import pytest

from promote.errors import ForgeDenied, ForgeRefused, ForgeUnreachable
from promote.forge.address import Kind, Project
from promote.forge.bitbucket import api, headers
from promote.forge.bitbucket_answers import key_of
from promote.forge.request import Proposal
from promote.question import CommitStatus, Review
from tests.forge.conftest import Scene
from tests.servers.forge.bitbucket import Bitbucket
from tests.servers.forge.contract import BreachError
from tests.servers.forge.state import Said, Status

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "body")


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("bitbucket")


def fake(scene: Scene) -> Bitbucket:
    assert isinstance(scene.fake, Bitbucket)
    return scene.fake


@pytest.mark.parametrize("url", ["https://bitbucket.org", "http://bitbucket.org"])
def test_the_api_is_on_a_host_of_its_own_and_always_encrypted(url: str) -> None:
    assert api(Project("bitbucket", url, "a/b")) == "https://api.bitbucket.org/2.0"


def test_an_accounts_token_is_basic_and_an_access_token_bearer() -> None:
    assert headers("abc") == {"Authorization": "Bearer abc"}
    basic = headers("ci@example.com:abc")["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic) == b"ci@example.com:abc"


@pytest.mark.parametrize("branch", ['a"b', "a&b=c+d", "ünï/…", 'a"="b'])
def test_a_branchs_name_stays_a_name_in_the_query(scene: Scene, branch: str) -> None:
    scene.person.push({"web.yaml": b"tag: 3\n"}, branch=branch)
    made = scene.state.open(branch, BASE, "t", "")
    scene.state.open(HEAD, BASE, "another", "")
    found = scene.forge.find(branch, BASE)
    assert found is not None
    assert (found.number, found.head) == (made.number, branch)


def test_hashes_are_whole_and_cost_a_request_each(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert made.head_oid == scene.state.tip(HEAD)
    merged_as = scene.state.merge(scene.state.pulls[0])
    scene.fake.log.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.state, found.head_oid, found.merged_as) == ("merged", made.head_oid, merged_as)
    assert len(scene.fake.log) == 3


def test_a_hash_that_is_lost_stays_short(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, PLAIN)
    scene.fake.fail("GET", "/commit/", status=404)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert found.head_oid == scene.state.tip(HEAD)[:12]


def test_an_open_one_goes_before_a_newer_one_that_is_not(scene: Scene) -> None:
    first = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.state.pulls[0].state = "closed"
    scene.forge.create(HEAD, BASE, PLAIN)
    scene.state.pulls[1].state = "closed"
    scene.state.pulls[0].state = "open"
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (first.number, "open")


def test_a_reviewer_of_a_person_stays_whatever_is_changed(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("alice",)))
    scene.state.pulls[0].reviewers.append("carol")
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.update(found, Proposal("another", "body"))
    pull = scene.state.pulls[0]
    assert (pull.title, pull.reviewers) == ("another", ["alice", "carol"])


@pytest.mark.parametrize("name", ["Alice Example", "ALICE", "uuid"])
def test_people_go_by_whatever_the_pages_show(scene: Scene, name: str) -> None:
    asked = fake(scene).known_as("alice") if name == "uuid" else name
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=(asked,)))
    assert (scene.state.pulls[0].reviewers, dict(done.lacks)) == (["alice"], {})
    scene.fake.log.clear()
    scene.forge.update(done.request, replace(PLAIN, reviewers=(asked,)))
    assert [each.method for each in scene.fake.log] in ([], ["GET"])
    assert bool(scene.fake.calls("GET", "/members")) is False


def test_a_uuid_needs_no_look_at_the_members(scene: Scene) -> None:
    fake(scene).scopes = "pullrequest:write"
    wish = replace(PLAIN, reviewers=(fake(scene).known_as("alice"), "bob"))
    done = scene.forge.create(HEAD, BASE, wish)
    assert scene.state.pulls[0].reviewers == ["alice"]
    assert "UUIDs" in done.lacks["reviewers"]


def test_whom_it_cannot_ask(scene: Scene) -> None:
    fake(scene).twins = ["bob"]
    fake(scene).without_access = {"carol"}
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("promote-bot", "bob", "eve", "carol", "alice")))
    assert scene.state.pulls[0].reviewers == ["alice"]
    said = done.lacks["reviewers"]
    for words in (
        "promote-bot opened it",
        "several people",
        "nobody of the workspace goes by eve",
        "carol does not have",
    ):
        assert words in said


def test_a_declined_one_stays_declined_and_a_merged_one_cannot_be(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.fake.fail("POST", "/decline", cut="after")
    scene.forge.close(made)
    assert scene.state.pulls[0].state == "closed"
    second = scene.forge.create(HEAD, BASE, PLAIN).request
    assert second.number != made.number
    scene.state.merge(scene.state.pulls[1])
    with pytest.raises(ForgeRefused, match="already closed"):
        scene.forge.close(second)


def test_a_create_that_raced_changes_the_one_that_is_there(scene: Scene) -> None:
    scene.state.open(HEAD, BASE, "theirs", "theirs")
    scene.forge.create(HEAD, BASE, PLAIN)
    assert [(pull.title, pull.body) for pull in scene.state.pulls] == [(PLAIN.title, PLAIN.body)]


def test_a_long_title_and_a_long_body_are_cut_once(scene: Scene) -> None:
    long = Proposal("x" * 300, "a line\n" * 10_000)
    scene.forge.create(HEAD, BASE, long)
    pull = scene.state.pulls[0]
    assert len(pull.title) == 255
    assert len(pull.body) <= 32_768
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.fake.log.clear()
    scene.forge.update(found, long)
    assert scene.fake.log == []


def test_a_long_context_has_a_key_that_fits_and_its_own_name(scene: Scene) -> None:
    commit, long = scene.state.tip(HEAD), "promote/gates/" + "x" * 60
    scene.forge.set_status(commit, CommitStatus(long, "error"))
    scene.forge.set_status(commit, CommitStatus(long, "success"))
    assert [(each.context, each.state) for each in scene.forge.statuses(commit)] == [(long, "success")]
    assert len(key_of(long, 40)) == 40


def test_a_status_of_a_ci_goes_by_its_key(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    scene.state.set_status(commit, Status("e2e", "success", "", ""))
    assert [each.context for each in scene.forge.statuses(commit)] == ["e2e"]


def test_pages_of_another_host_are_not_followed(scene: Scene) -> None:
    body = '{"values": [], "next": "https://evil.example.com/2.0/x"}'
    scene.fake.fail("GET", "/statuses", status=200, body=body)
    with pytest.raises(ForgeUnreachable, match="another host"):
        scene.forge.statuses(scene.state.tip(HEAD))


def test_pages_that_do_not_end_are_left(scene: Scene) -> None:
    path = f"/2.0/repositories/acme/gitops/commit/{scene.state.tip(HEAD)}/statuses?pagelen=100"
    body = f'{{"values": [], "next": "{scene.fake.url}{path}"}}'
    scene.fake.fail("GET", "/statuses", status=200, body=body)
    with pytest.raises(ForgeUnreachable, match="do not end"):
        scene.forge.statuses(scene.state.tip(HEAD))


def test_what_participants_said(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.state.pulls[0].reviews += [Said("alice", True, ""), Said("bob", False, "")]
    alice, bob = (fake(scene).known_as(name) for name in ("alice", "bob"))
    assert list(scene.forge.reviews(made)) == [Review(alice, approves=True), Review(bob, approves=False)]


def test_scopes_that_are_too_little(scene: Scene) -> None:
    fake(scene).scopes = "pullrequest, repository"
    with pytest.raises(ForgeDenied, match="only pullrequest, repository"):
        scene.forge.rights()
    fake(scene).scopes = ""
    assert scene.forge.rights() == "the token may read acme/gitops; its scopes: not told"


def test_the_published_description_judges_what_is_sent_and_answered(scene: Scene) -> None:
    judge = scene.fake.contract
    if judge is None:
        pytest.skip("shared data absent: openapi")
    path = "/2.0/repositories/acme/gitops/pullrequests"
    with pytest.raises(BreachError, match="unknown fields"):
        judge.request("POST", path, {}, {"type": "pullrequest", "title": "t", "labels": []})
    with pytest.raises(BreachError, match="'type' is a required property"):
        judge.request("POST", path, {}, {"title": "t"})
    with pytest.raises(BreachError, match="integer"):
        judge.answer("POST", path, 201, {"type": "pullrequest", "id": "1"})


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


def test_a_draft_of_a_person_stays_one(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.state.pulls[0].draft = True
    scene.forge.update(made, Proposal("another", "body", draft=False))
    assert (scene.state.pulls[0].title, scene.state.pulls[0].draft) == ("another", True)
