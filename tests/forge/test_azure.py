"""What is special to Azure DevOps."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from promote.errors import ForgeDenied, ForgeRefused, ForgeUnreachable
from promote.forge.address import Kind, Project
from promote.forge.azure import api, headers
from promote.forge.azure_answers import (
    BODY,
    NOBODY,
    PullRequestAnswer,
    Reviewer,
    Status,
    context,
    newest,
    reviews,
    told,
)
from promote.forge.request import Proposal
from promote.forge.wish import fitting
from promote.question import CommitStatus, Review
from tests.forge.conftest import TRAILERS, Scene
from tests.servers.forge import state
from tests.servers.forge.azure import Azure, guid

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "What moves:\n\n- web 1 → 2\n")
JWT = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln"


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("azure")


@pytest.fixture
def fake(scene: Scene) -> Azure:
    assert isinstance(scene.fake, Azure)
    return scene.fake


@pytest.mark.parametrize(
    ("url", "path", "expected"),
    [
        ("https://dev.azure.com", "acme/my shop/x", "https://dev.azure.com/acme"),
        ("https://tfs.corp/tfs", "Main Line/shop/x", "https://tfs.corp/tfs/Main%20Line"),
    ],
)
def test_where_the_api_is(url: str, path: str, expected: str) -> None:
    assert api(Project("azure", url, path)) == expected


@pytest.mark.parametrize("token", ["pat", "eyJ.not-one", "a.b.c", "eyJhbGciOiJub25lIn0.x.y.z"])
def test_a_personal_access_token_is_basic(token: str) -> None:
    scheme, _, given = headers(token)["Authorization"].partition(" ")
    assert (scheme, base64.b64decode(given)) == ("Basic", f":{token}".encode())


def test_a_pipelines_token_is_bearer() -> None:
    assert headers(JWT)["Authorization"] == f"Bearer {JWT}"


def test_a_server_below_a_path(scene_of: Callable[[Kind], Scene], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Azure, "above", "/tfs")
    other = scene_of("azure")
    made = other.forge.create(HEAD, BASE, PLAIN).request
    assert made.url == f"{other.fake.url}/tfs/acme/my%20shop/_git/gitops/pullrequest/1"
    assert other.forge.find(HEAD, BASE) == made
    assert all(each.path.startswith("/tfs/acme/") for each in other.fake.log)


def test_the_version_is_in_every_query(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("alice",), teams=("sre",))).request
    scene.forge.update(made, replace(PLAIN, labels=("x",), reviewers=("bob",)))
    scene.forge.rights()
    assert {each.query["api-version"] for each in scene.fake.log} == {"7.0", "7.0-preview.1"}


# A page to sign in at.


@pytest.mark.parametrize("status", [200, 203])
def test_a_page_to_sign_in_at_is_a_denial(scene: Scene, status: int) -> None:
    page = {"status": status, "headers": {"Content-Type": "text/html"}, "body": '"<html>Sign in</html>"'}
    scene.fake.fail("GET", "", **page)
    with pytest.raises(ForgeDenied, match="sign in") as caught:
        scene.forge.find(HEAD, BASE)
    assert "AZURE_DEVOPS_EXT_PAT" in caught.value.cure


@pytest.mark.parametrize(
    "location", ["https://spsprodweu1.vssps.visualstudio.com/_signin?realm=x", "https://login.microsoftonline.com/x"]
)
def test_being_led_to_sign_in_is_a_denial(scene: Scene, location: str) -> None:
    scene.fake.fail("GET", "", status=302, headers={"Location": location})
    with pytest.raises(ForgeDenied, match="sign in"):
        scene.forge.find(HEAD, BASE)


def test_being_led_elsewhere_is_none(scene: Scene) -> None:
    scene.fake.fail("GET", "", status=302, headers={"Location": "https://example.com/signing"})
    with pytest.raises(ForgeUnreachable, match="leads elsewhere"):
        scene.forge.find(HEAD, BASE)


def test_an_errors_words_are_its_message_alone(scene: Scene, fake: Azure) -> None:
    fake.fail("GET", "", status=400, body=msgspec.json.encode(fake.refusal(400, "TF1: the words").body).decode())
    with pytest.raises(ForgeRefused) as caught:
        scene.forge.find(HEAD, BASE)
    assert caught.value.what == "refused (400): TF1: the words"


# What a request is like.


def test_a_forks_branch_of_the_same_name_is_not_ours(scene: Scene, fake: Azure) -> None:
    scene.forge.create(HEAD, BASE, PLAIN)
    fake.foreign = {1}
    assert scene.forge.find(HEAD, BASE) is None


def test_a_body_that_a_list_cuts_is_read_whole_and_not_sent_again(scene: Scene) -> None:
    long = replace(PLAIN, body="\n".join(f"- app-{number} 1 → 2" for number in range(60)))
    scene.forge.create(HEAD, BASE, long)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert found.body == long.body
    scene.fake.log.clear()
    assert scene.forge.update(found, long).request.body == long.body
    assert scene.fake.log == []


def test_reviewers_and_teams_that_are_there_are_not_looked_up_again(scene: Scene) -> None:
    """Where only reviewers were wished for, every run looked for them among the teams and asked them again."""
    wish = replace(PLAIN, reviewers=("alice",))
    scene.forge.create(HEAD, BASE, wish)
    for wanted in (wish, replace(wish, teams=("sre",))):
        for is_again in (False, True):
            found = scene.forge.find(HEAD, BASE)
            assert found is not None
            scene.fake.log.clear()
            scene.forge.update(found, wanted)
            assert not is_again or scene.fake.log == []
    assert (scene.state.pulls[0].reviewers, scene.state.pulls[0].teams) == (["alice"], ["sre"])


@pytest.mark.parametrize("body", ["", "x" * 4000, "🚀" * 2000, "a\n" * 2000])
def test_a_body_that_fits_is_left(body: str) -> None:
    assert fitting(body, BODY) == body


@pytest.mark.parametrize(
    "body",
    [
        "x" * 4001,
        "🚀" * 2001,
        "x" + "🚀" * 2000,
        "- a line\n" * 500,
        "- a line\n" * 430 + f"<!-- {'y' * 200} -->\n",
        "<!-- " + "y\n" * 3000 + "-->",
    ],
)
def test_a_body_that_does_not_fit_says_that_it_was_cut(body: str) -> None:
    cut = fitting(body, BODY)
    assert len(cut.encode("utf-16-le")) <= 8000
    assert cut.endswith("takes 4000 characters.)")
    assert cut.count("<!--") == cut.count("-->")
    assert body.startswith(cut.partition("\n\n(The rest")[0])
    assert fitting(cut, BODY) == cut


def test_a_long_one_is_made_and_not_sent_again(scene: Scene) -> None:
    long = Proposal("t" * 500, "- a line 🚀\n" * 900)
    scene.forge.create(HEAD, BASE, long)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert found.title == "t" * 399 + "…"
    scene.forge.update(found, long)
    assert scene.fake.calls("PATCH") == []


def test_what_a_person_published_is_no_draft_again(scene: Scene) -> None:
    wish = replace(PLAIN, draft=True)
    scene.forge.create(HEAD, BASE, wish)
    scene.state.pulls[0].draft = False
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.update(found, replace(wish, title="newer"))
    assert (scene.state.pulls[0].draft, scene.state.pulls[0].title) == (False, "newer")


def read(**fields: Any) -> PullRequestAnswer:
    plain = {"pullRequestId": 7, "status": "active", "sourceRefName": "refs/heads/a/b", "targetRefName": "refs/heads/c"}
    return msgspec.convert({**plain, **fields}, PullRequestAnswer)


HERE = Project("azure", "https://dev.azure.com", "acme/my shop/x")


def test_little_is_enough() -> None:
    nulls = dict.fromkeys(("description", "title", "labels", "reviewers", "autoCompleteSetBy", "lastMergeSourceCommit"))
    known = told(read(**nulls), HERE)
    assert (known.head, known.base, known.head_oid, known.body) == ("a/b", "c", "", "")
    assert known.url == "https://dev.azure.com/acme/my%20shop/_git/x/pullrequest/7"


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (None, None),
        ("notSet", None),
        ("queued", None),
        ("rejectedByPolicy", None),
        ("failure", None),
        ("conflicts", True),
        ("succeeded", False),
    ],
)
def test_conflicts(status: str | None, expected: bool | None) -> None:
    assert told(read(mergeStatus=status), HERE).conflicts is expected


@pytest.mark.parametrize(("status", "expected"), [("active", None), ("abandoned", None), ("completed", "m")])
def test_a_try_at_a_merge_is_none(status: str, expected: str | None) -> None:
    assert told(read(status=status, lastMergeCommit={"commitId": "m"}), HERE).merged_as == expected


@pytest.mark.parametrize(("by", "expected"), [(None, False), ({"id": NOBODY}, False), ({"id": guid("me")}, True)])
def test_who_set_auto_complete(by: dict[str, str] | None, expected: bool) -> None:
    assert told(read(autoCompleteSetBy=by), HERE).auto_merge is expected


# People.


def test_people_by_address_name_and_id_and_nobody_twice(scene: Scene, fake: Azure) -> None:
    scene.state.people.append("dora@example.com")
    fake.shown = {"dora@example.com": "Dora Doe"}
    wish = replace(PLAIN, reviewers=("Dora Doe", guid("alice"), "BOB"), teams=("SRE",))
    done = scene.forge.create(HEAD, BASE, wish)
    assert done.lacks == {}
    pull = scene.state.pulls[0]
    assert (sorted(pull.reviewers), pull.teams) == (["alice", "bob", "dora@example.com"], ["sre"])
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert sorted(found.reviewers) == ["alice", "bob", "dora@example.com"]
    scene.fake.log.clear()
    assert scene.forge.update(found, wish).lacks == {}
    assert [each.method for each in scene.fake.log] == ["GET"]
    scene.forge.update(found, replace(wish, reviewers=("carol",)))
    [asked] = scene.fake.calls("POST", "/reviewers")
    assert asked.body == [{"id": guid("carol")}]


def test_ids_are_looked_up_nowhere(scene: Scene) -> None:
    scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=(guid("alice"),), teams=(guid("sre"),)))
    assert [each.method for each in scene.fake.log] == ["POST"]
    assert (scene.state.pulls[0].reviewers, scene.state.pulls[0].teams) == (["alice"], ["sre"])


def test_a_name_that_two_bear_is_nobodys(scene: Scene, fake: Azure) -> None:
    fake.shown = {"alice": "Sam", "bob": "Sam", "carol": "alice"}
    done = scene.forge.create(HEAD, BASE, replace(PLAIN, reviewers=("Sam", "alice"), teams=("nobodies",)))
    assert "Sam" in done.lacks["reviewers"]
    assert "nobodies" in done.lacks["teams"]
    assert scene.state.pulls[0].reviewers == ["alice"]


# Auto-complete, comments, an end.


def test_auto_complete_without_a_policy_is_a_merge(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None
    assert scene.state.pulls[0].state == "merged"
    assert scene.state.tip(HEAD) == ""
    assert scene.forge.arm(made, "squash", TRAILERS, anew=False) is None  # merged meanwhile: no fault
    scene.forge.disarm(replace(made, auto_merge=True))


@pytest.mark.parametrize(
    ("method", "strategy"), [("merge", "noFastForward"), ("squash", "squash"), ("rebase", "rebase")]
)
def test_the_methods_names(scene: Scene, method: Any, strategy: str) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    assert scene.forge.arm(made, method, TRAILERS, anew=False) is None
    # A rebase keeps the commits as they are.
    said = {} if method == "rebase" else {"mergeCommitMessage": f"{PLAIN.title} (#1)\n\n{TRAILERS}"}
    [asked] = scene.fake.calls("PATCH")
    assert asked.body == {
        "autoCompleteSetBy": {"id": guid("promote-bot")},
        "completionOptions": {"mergeStrategy": strategy, "deleteSourceBranch": True, **said},
    }
    scene.forge.arm(made, method, TRAILERS, anew=False)
    assert len(scene.fake.calls("GET", "connectionData")) == 1


def test_why_a_draft_is_not_completed_is_a_sentence(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, replace(PLAIN, draft=True)).request
    assert "TF401186" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")


def test_what_was_taken_and_not_set_is_said(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    answer = {"pullRequestId": 1, "status": "active", "sourceRefName": "a", "targetRefName": "b"}
    scene.fake.fail("PATCH", "", status=200, body=msgspec.json.encode(answer).decode())
    assert "did not set it" in (scene.forge.arm(made, "merge", TRAILERS, anew=False) or "")


def test_what_cannot_be_disarmed_is_told(scene: Scene) -> None:
    scene.state.required = {"ci"}
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.forge.arm(made, "merge", TRAILERS, anew=False)
    scene.fake.fail("PATCH", "", status=400, body='{"message": "no"}')
    with pytest.raises(ForgeRefused, match="no"):
        scene.forge.disarm(replace(made, auto_merge=True))


def test_what_cannot_be_closed_is_told(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.fake.fail("PATCH", "", status=400, body='{"message": "no"}')
    with pytest.raises(ForgeRefused, match="no"):
        scene.forge.close(made)


# Statuses and votes.


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("ci", {"name": "ci"}),
        ("promote/gates", {"genre": "promote", "name": "gates"}),
        ("a/b/c", {"genre": "a/b", "name": "c"}),
    ],
)
def test_a_context_is_parted_at_its_last_slash(name: str, expected: dict[str, str]) -> None:
    assert context(name) == expected
    status = {"id": 1, "state": "pending", "context": expected}
    assert newest([msgspec.convert(status, Status)]) == [CommitStatus(name, "pending")]


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("notApplicable", []),
        ("notSet", ["pending"]),
        ("pending", ["pending"]),
        ("succeeded", ["success"]),
        ("failed", ["failure"]),
        ("error", ["error"]),
    ],
)
def test_what_a_status_came_to(theirs: str, ours: list[str]) -> None:
    status = {"id": 2, "state": theirs, "context": {"name": "ci"}, "description": None, "targetUrl": None}
    older = {"id": 1, "state": "succeeded", "context": {"name": "ci", "genre": None}}
    both = [msgspec.convert(status, Status), msgspec.convert(older, Status)]
    assert [each.state for each in newest(both)] == ours


def test_statuses_of_all_pages_are_read(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    for number in range(1001):
        scene.state.set_status(commit, state.Status(f"ci/{number}", "success", "", ""))
    assert len(scene.forge.statuses(commit)) == 1001
    assert [each.query["skip"] for each in scene.fake.log] == ["0", "1000"]


def test_pages_that_do_not_end(scene: Scene, fake: Azure) -> None:
    commit = scene.state.tip(HEAD)
    scene.forge.set_status(commit, CommitStatus("ci", "success"))
    fake.is_endless = True
    with pytest.raises(ForgeUnreachable, match="do not end"):
        scene.forge.statuses(commit)
    assert len(scene.fake.calls("GET", "/statuses")) == 2


def test_votes() -> None:
    votes = {"a": 10, "b": 5, "c": 0, "d": -5, "e": -10}
    people = [Reviewer(unique_name=name, vote=vote) for name, vote in votes.items()]
    team = Reviewer(unique_name="team", is_container=True, vote=10)
    assert reviews([*people, team]) == [
        Review("a", approves=True),
        Review("b", approves=True),
        Review("d", approves=False),
        Review("e", approves=False),
    ]


def test_who_reviewed_is_known_by_the_name_to_sign_in_with(scene: Scene, fake: Azure) -> None:
    """A display name is for each to choose: nobody may approve in another's name."""
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    fake.shown = {"bob": "alice"}
    scene.state.pulls[0].reviews = [state.Said("bob", True, scene.state.tip(HEAD))]
    assert list(scene.forge.reviews(made)) == [Review("bob", approves=True)]


# What the token may do.


def test_a_token_that_may_not_contribute(scene: Scene, fake: Azure) -> None:
    fake.allowed = False
    with pytest.raises(ForgeDenied, match="promote-bot may not contribute"):
        scene.forge.rights()


def test_a_token_that_is_nobodys(scene: Scene, fake: Azure) -> None:
    fake.me = ""
    with pytest.raises(ForgeDenied, match="nobody"):
        scene.forge.rights()


@pytest.mark.parametrize(("allowed", "words"), [(True, "may contribute"), (None, "cannot be told")])
def test_enough(scene: Scene, fake: Azure, allowed: bool | None, words: str) -> None:
    fake.allowed = allowed
    assert words in scene.forge.rights()


def test_what_is_not_armed_or_not_open_costs_nothing(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, PLAIN).request
    scene.fake.log.clear()
    scene.forge.disarm(made)
    scene.forge.close(replace(made, state="closed"))
    assert scene.fake.log == []
    assert scene.forge.project == scene.project
