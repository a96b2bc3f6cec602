"""The same scenarios for every forge: what each adapter must do, against a fake that keeps a real repository."""

from __future__ import annotations

from dataclasses import replace

import pytest

from promote.errors import ForgeAbsent, ForgeDenied, ForgeError, ForgeRefused, ForgeUnreachable
from promote.forge.request import Method, Proposal, PullRequest
from promote.question import CommitStatus, Review
from promote.wording.trailers import parse
from tests.forge.conftest import TRAILERS, Scene
from tests.servers.forge.gitea import Gitea
from tests.servers.forge.state import Pull, Said, Status

HEAD, BASE = "promote/env/prod", "main"
PLAIN = Proposal("prod: web 2", "What moves:\n\n- web 1 → 2\n")
FULL = Proposal(
    "prod: web 2 & <more>",
    "Body with `code`, @nobody and ünïcödé\n\n<!-- promote: {} -->",
    labels=("promotion", "prod"),
    reviewers=("alice", "bob"),
    teams=("sre",),
    assignees=("carol",),
    milestone="Q1",
    draft=True,
)


def created(scene: Scene, proposal: Proposal = PLAIN) -> PullRequest:
    return scene.forge.create(HEAD, BASE, proposal).request


def test_none_is_found_where_there_is_none(scene: Scene) -> None:
    assert scene.forge.find(HEAD, BASE) is None
    assert len(scene.fake.log) == 1


def test_create_and_find(scene: Scene) -> None:
    made = created(scene)
    pull = scene.state.pulls[0]
    assert (pull.head, pull.base, pull.title, pull.body, pull.draft) == (HEAD, BASE, PLAIN.title, PLAIN.body, False)
    assert (made.number, made.state, made.head, made.base) == (pull.number, "open", HEAD, BASE)
    assert made.head_oid == scene.state.tip(HEAD)
    assert made.url.startswith("http")
    scene.fake.log.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state, found.title, found.head_oid) == (made.number, "open", PLAIN.title, made.head_oid)
    assert found.body.strip() == PLAIN.body.strip()
    # Bitbucket Cloud tells the beginning of the head's hash; the whole one is a request more.
    assert len(scene.fake.log) == (2 if scene.kind == "bitbucket" else 1)


def test_another_branchs_request_is_not_taken_for_it(scene: Scene) -> None:
    scene.person.push({"web.yaml": b"tag: 3\n"}, branch="promote/env/prod-eu")
    scene.state.open("promote/env/prod-eu", BASE, "another", "")
    assert scene.forge.find(HEAD, BASE) is None


@pytest.mark.parametrize("is_fork", [False, True])
def test_of_more_open_ones_than_a_page_has_ours_is_found_on_the_last(scene: Scene, *, is_fork: bool) -> None:
    """A hundred requests from forks' branches of the same name hid ours, and each run failed to make a second."""
    made = created(scene)
    # Azure DevOps gives as many as it is asked for.
    size = scene.fake.most if scene.kind == "azure" else 2
    scene.fake.most = size
    head = HEAD if is_fork else "other"
    for number in range(2, 3 + 2 * size):
        scene.state.pulls.append(Pull(number, head, BASE, "another", "", last_head=made.head_oid))
    scene.fake.foreign = set(range(2, 3 + 2 * size)) if is_fork else set()
    if isinstance(scene.fake, Gitea):
        scene.fake.touched = {}  # ours changed before all of them
    scene.fake.log.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (made.number, "open")
    # Where the forge looks for the branch by itself, other branches cost nothing.
    assert len(scene.fake.log) >= (3 if is_fork else 1)


def test_one_that_was_opened_again_long_ago_is_found_by_what_create_refuses(scene: Scene) -> None:
    """At most forges each run failed with the forge's refusal, until somebody closed it."""
    made = created(scene)
    size = scene.fake.most if scene.kind == "azure" else 2
    scene.fake.most = size
    for number in range(2, 3 + size):
        scene.state.pulls.append(Pull(number, HEAD, BASE, "later", "", state="closed", last_head=made.head_oid))
    again = scene.forge.create(HEAD, BASE, Proposal("newer", "body")).request
    assert (again.number, scene.state.pulls[0].title) == (made.number, "newer")


def test_everything_that_can_be_wished_for(scene: Scene) -> None:
    done = scene.forge.create(HEAD, BASE, FULL)
    pull = scene.state.pulls[0]
    assert (pull.title.removeprefix("Draft: ").removeprefix("WIP: "), pull.body) == (FULL.title, FULL.body)
    for ability, has, wanted in (
        ("labels", sorted(pull.labels), ["prod", "promotion"]),
        ("reviewers", sorted(pull.reviewers), ["alice", "bob"]),
        ("teams", pull.teams, ["sre"]),
        ("assignees", pull.assignees, ["carol"]),
        ("milestone", pull.milestone, "Q1"),
        ("draft", pull.draft, True),
    ):
        # What a forge cannot do is said, and all else is done.
        assert (has == wanted) != (ability in done.lacks), (ability, has, done.lacks)
    assert all(done.lacks.values())
    assert done.request.title == FULL.title
    assert len(scene.fake.log) <= 10


def test_names_that_nobody_has_are_told_and_no_error(scene: Scene) -> None:
    done = scene.forge.create(HEAD, BASE, Proposal("t", "b", reviewers=("nobody-here", "alice")))
    assert "reviewers" in done.lacks
    assert scene.state.pulls[0].reviewers in (["alice"], [])


def test_an_update_sends_what_differs_and_nothing_where_nothing_does(scene: Scene) -> None:
    made = scene.forge.create(HEAD, BASE, FULL).request
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.fake.log.clear()
    again = scene.forge.update(found, FULL)
    assert [each.method for each in scene.fake.log if each.method != "GET"] == []
    assert len(scene.fake.log) <= 1  # with the one that found it: two
    assert again.request.number == made.number
    scene.state.pulls[0].labels.append("by-hand")
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.update(found, Proposal("another title", "another body", labels=("promotion",)))
    pull = scene.state.pulls[0]
    assert (pull.title.removeprefix("Draft: ").removeprefix("WIP: "), pull.body) == ("another title", "another body")
    assert pull.labels == [] or "by-hand" in pull.labels


def test_a_second_one_is_not_made(scene: Scene) -> None:
    made = created(scene)
    again = scene.forge.create(HEAD, BASE, Proposal("newer", "body")).request
    assert (again.number, len(scene.state.pulls)) == (made.number, 1)
    assert scene.state.pulls[0].title == "newer"


def test_a_create_whose_answer_was_lost_finds_its_own(scene: Scene) -> None:
    scene.fake.fail("POST", "", cut="after")
    made = created(scene)
    assert [pull.number for pull in scene.state.pulls] == [made.number]


@pytest.mark.parametrize("status", [500, 502, 503])
def test_a_create_that_the_server_failed_at_is_made_once(scene: Scene, status: int) -> None:
    scene.fake.fail("POST", "", status=status)
    try:
        made = created(scene)
    except ForgeError:
        made = created(scene)
    assert [pull.number for pull in scene.state.pulls] == [made.number]


def test_a_create_that_is_refused_is_said_and_the_next_one_is_made(scene: Scene) -> None:
    for status, error in ((401, ForgeDenied), (403, ForgeDenied), (404, ForgeAbsent), (409, ForgeRefused),
                          (422, ForgeRefused)):  # fmt: skip
        scene.fake.fail("POST", "", status=status, body='{"message": "the words"}')
        with pytest.raises(error, match=rf"{'is not there' if status == 404 else status}.*the words"):
            created(scene)
        assert scene.state.pulls == []
    assert created(scene).number == 1


def test_a_create_that_is_to_wait_is_made_once(scene: Scene) -> None:
    """Whoever is asked too often has done nothing, so that what makes something may be sent again."""
    for _ in range(2):
        scene.fake.fail("POST", "", status=429, headers={"Retry-After": "0"})
    created(scene)
    assert len(scene.state.pulls) == 1
    assert len(scene.fake.calls("POST")) == 3


def test_reads_are_asked_again(scene: Scene) -> None:
    created(scene)
    scene.fake.fail("GET", "", status=502, body="null")
    scene.fake.fail("GET", "", status=429, headers={"Retry-After": "0"})
    assert scene.forge.find(HEAD, BASE) is not None


def test_after_a_merge_and_after_a_close_the_last_one_is_found(scene: Scene) -> None:
    made = created(scene)
    merged_as = scene.state.merge(scene.state.pulls[0])
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (made.number, "merged")
    assert found.merged_as in (merged_as, None)
    scene.person.git("fetch", "--quiet", "origin", "main")
    scene.person.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    scene.person.push({"web.yaml": b"tag: 3\n"}, branch=HEAD)
    second = created(scene)
    assert second.number != made.number
    scene.state.close(scene.state.pulls[1])
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (second.number, "closed")
    assert found.head_oid == scene.state.tip(HEAD)
    scene.person.push({"web.yaml": b"tag: 4\n"}, branch=HEAD)
    third = created(scene)
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.number, found.state) == (third.number, "open")


def test_comment_and_close(scene: Scene) -> None:
    made = created(scene)
    scene.forge.comment(made, "Nothing is left to promote.")
    scene.forge.close(made)
    pull = scene.state.pulls[0]
    assert (pull.state, pull.comments) == ("closed", ["Nothing is left to promote."])
    scene.forge.close(made)  # closed already: no fault


def test_conflicts_are_known_or_not_told(scene: Scene) -> None:
    created(scene)
    scene.person.git("checkout", "--quiet", "-B", "theirs", "HEAD~1")
    scene.person.push({"web.yaml": b"tag: theirs\n"})
    assert scene.state.conflicts(scene.state.pulls[0])
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert found.conflicts in (True, None)


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_auto_merge_is_armed_and_disarmed(scene: Scene, method: Method) -> None:
    scene.state.required = {"ci"}
    made = created(scene)
    pull = scene.state.pulls[0]
    why = scene.forge.arm(made, method, TRAILERS, anew=False)
    if why is not None:  # the forge has none
        scene.forge.disarm(made)
        assert pull.armed is None
        return
    assert pull.armed == method
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    scene.forge.disarm(found)
    assert scene.state.get(made.number) == replace(pull, armed=None)
    scene.forge.arm(found, method, TRAILERS, anew=False)
    scene.state.set_status(scene.state.tip(HEAD), Status("ci", "success", "", ""))
    assert [each.state for each in scene.state.pulls] == ["merged"]


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_what_auto_merge_makes_carries_the_trailers_of_the_last_head(scene: Scene, method: Method) -> None:
    """A squash with a message of the forge's own lost them, and history took it for a change by hand."""
    scene.state.required = {"ci"}
    made = created(scene)
    if scene.forge.arm(made, method, TRAILERS, anew=False) is not None:
        return  # the forge has none
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    newer = TRAILERS.replace("Version: 2", "Version: 3")
    assert scene.forge.arm(found, method, newer, anew=True) is None
    scene.state.set_status(scene.state.tip(HEAD), Status("ci", "success", "", ""))
    message = scene.state.git("log", "-1", "--format=%B", BASE)
    assert message.startswith(("prod: web 2 (", "Pull request #1: prod: web 2"))
    assert message.endswith(f"\n\n{newer}")
    assert [(each.environment, each.app, str(each.new)) for each in parse(message)] == [("prod", "web", "3")]


@pytest.mark.parametrize("method", ["merge", "squash"])
def test_what_nothing_holds_is_merged_at_once_with_the_trailers(scene: Scene, method: Method) -> None:
    scene.forge.arm(created(scene), method, TRAILERS, anew=False)
    is_merged = scene.kind not in ("gitlab", "bitbucket")  # there nothing is merged without a pipeline, or at all
    assert scene.state.pulls[0].state == ("merged" if is_merged else "open")
    assert scene.state.git("log", "-1", "--format=%B", BASE).endswith(f"\n\n{TRAILERS}") is is_merged


def test_a_body_longer_than_a_list_tells_is_found_whole(scene: Scene) -> None:
    """Azure DevOps lists 400 characters of it: without the footer at its end a declined one was forgotten."""
    body = "\n".join(f"- app-{number} 1 → 2" for number in range(40)) + "\n\n<!-- promote: the footer -->"
    scene.forge.close(created(scene, Proposal("prod: 40 apps", body)))
    scene.fake.log.clear()
    found = scene.forge.find(HEAD, BASE)
    assert found is not None
    assert (found.state, found.body.strip()) == ("closed", body)
    assert len(scene.fake.log) <= 2


def test_statuses_are_set_and_read(scene: Scene) -> None:
    commit = scene.state.tip(HEAD)
    assert list(scene.forge.statuses(commit)) == []
    scene.forge.set_status(commit, CommitStatus("promote/gates", "pending", "waits until noon", "https://example.com/x"))
    scene.forge.set_status(commit, CommitStatus("promote/gates", "success", "all passed", ""))
    many = 90 if scene.kind == "bitbucket-dc" else 120  # Data Center tells of the newest hundred alone
    for number in range(many):
        scene.state.set_status(commit, Status(f"ci-{number:03d}", "failure" if number == 7 else "success", "", ""))
    told = {each.context: each.state for each in scene.forge.statuses(commit)}
    assert told["promote/gates"] == "success"
    assert told["ci-007"] == "failure"
    assert len(told) == many + 1


def test_the_last_review_of_each_person_counts(scene: Scene) -> None:
    made = created(scene)
    pull, head = scene.state.pulls[0], scene.state.tip(HEAD)
    pull.reviewers = ["alice", "bob"]
    pull.reviews += [Said("alice", False, head), Said("alice", True, head), Said("bob", False, head)]
    told = {each.by: each for each in scene.forge.reviews(made)}
    alice, bob = scene.fake.known_as("alice"), scene.fake.known_as("bob")
    assert told[alice].approves
    assert told[alice].commit in (head, None)
    assert not told.get(bob, Review(bob, approves=False)).approves


def test_what_the_token_may_do(scene: Scene) -> None:
    assert scene.forge.rights()


def test_a_token_that_is_denied_is_told_with_its_cure_and_never_shown(scene: Scene) -> None:
    scene.fake.token = "another-token-entirely"
    with pytest.raises(ForgeDenied) as caught:
        scene.forge.rights()
    assert caught.value.cure
    assert "token-0123" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "error"),
    [(403, ForgeDenied), (404, ForgeAbsent), (409, ForgeRefused), (422, ForgeRefused), (400, ForgeRefused)],
)
def test_what_the_forge_refuses_is_said_in_its_words(scene: Scene, status: int, error: type[ForgeError]) -> None:
    scene.fake.fail("GET", "", status=status, body='{"message": "the \\u001b[31mwords"}')
    with pytest.raises(error, match="words") as caught:
        scene.forge.find(HEAD, BASE)
    assert "\x1b" not in str(caught.value)


@pytest.mark.parametrize("body", ['"no"', "7", "[[1]]"])
def test_an_answer_that_is_none_of_its_api(scene: Scene, body: str) -> None:
    scene.fake.fail("GET", "", status=200, body=body)
    with pytest.raises(ForgeUnreachable) as caught:
        scene.forge.find(HEAD, BASE)
    assert "forge" in caught.value.cure


def test_who_is_in_a_team(scene: Scene) -> None:
    if scene.kind == "bitbucket":
        with pytest.raises(ForgeRefused, match="does not tell who is in the group sre; name its people one by one"):
            scene.forge.members("sre")
        return
    assert scene.forge.members("sre") == {scene.fake.known_as(name) for name in ("alice", "carol")}
    # Longer than any page.
    scene.state.members["sre"] = [f"person-{number:04}" for number in range(600)]
    assert len(scene.forge.members("sre")) == 600


def test_a_team_that_is_not_there_has_no_members_to_count(scene: Scene) -> None:
    expected = ForgeRefused if scene.kind == "bitbucket" else ForgeAbsent
    with pytest.raises(expected) as caught:
        scene.forge.members("nobodys")
    assert "nobodys" in str(caught.value)
    assert "http" in str(caught.value)


def test_a_token_that_may_not_see_a_team_is_told_what_it_needs(scene: Scene) -> None:
    if scene.kind == "bitbucket":
        return
    scene.fake.fail("GET", "", status=403)
    with pytest.raises(ForgeDenied, match=r"who is in the team sre is not told: .*; give the token "):
        scene.forge.members("sre")
