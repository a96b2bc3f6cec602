"""Commits that GitHub makes itself: on a branch, as a new one, in the place of other commits; and lost answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from promote.clock import SystemClock
from promote.errors import ForgeDenied, ForgeRefused, ForgeUnreachable
from promote.forge.address import Kind
from promote.forge.github_commit import Committer
from promote.forge.github_refs import SCRATCH
from promote.forge.request import Proposal
from promote.outcome import Beaten, Landed, Step, Unclear, WordedStep
from promote.place import Place
from promote.text.edit import FileChange
from tests.forge.conftest import Scene
from tests.gitrepo.person import change
from tests.servers.forge.github import GitHub

HEAD, BASE = "promote/env/prod", "main"
MESSAGE = "Promote web to 3\n\nprod: web 2 → 3\n\nPromote-Change: prod/web 3"
FILES = (change("web.yaml", b"tag: 3\n"),)


@pytest.fixture
def scene(scene_of: Callable[[Kind], Scene]) -> Scene:
    return scene_of("github")


@pytest.fixture
def fake(scene: Scene) -> GitHub:
    assert isinstance(scene.fake, GitHub)
    return scene.fake


def worded(files: tuple[FileChange, ...] = FILES, message: str = MESSAGE) -> WordedStep:
    return WordedStep(Step(Place("gitops", HEAD), (), files), message)


class Landing:
    """A commit of FILES on the base's tip: on top of the base, or in the place of what another branch has."""

    def __init__(self, scene: Scene) -> None:
        self._committer = Committer(scene.project, scene.web, SystemClock())
        self.parent = scene.state.tip(BASE)

    def __call__(
        self, branch: str, expected: str | None, files: tuple[FileChange, ...] = FILES, message: str = MESSAGE
    ) -> Landed | Beaten | Unclear:
        if branch == BASE:
            return self._committer.add(branch, parent=self.parent, worded=worded(files, message))
        return self.put(branch, expected, worded(files, message))

    def put(self, branch: str, expected: str | None, *worded: WordedStep) -> Landed | Beaten | Unclear:
        force = branch != BASE
        return self._committer.put(branch, parent=self.parent, expected=expected, worded=worded, force=force)


@pytest.fixture
def land(scene: Scene) -> Landing:
    return Landing(scene)


def branches(fake: GitHub) -> list[str]:
    return fake.state.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines()


def is_landed(fake: GitHub, outcome: object, branch: str, parent: str) -> bool:
    """The branch is at the outcome's commit, which is the one that was asked for."""
    assert isinstance(outcome, Landed), outcome
    git = fake.state.git
    told = (git("log", "-1", "--format=%P", branch), git("log", "-1", "--format=%B", branch))
    assert told == (parent, MESSAGE)
    assert git("show", f"{branch}:web.yaml") == "tag: 3"
    assert not [name for name in branches(fake) if name.startswith(SCRATCH)]
    return fake.state.tip(branch) == outcome.commit


# What it cannot express


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (change("run.sh", b"#!/bin/sh\n", mode=0o100755), "run.sh: .*has the mode 100755.*via: git"),
        (change("link", b"web.yaml", mode=0o120000), "link: .*has the mode 120000"),
        (change(b"caf\xe9.yaml", b"x"), r"caf\\xe9.yaml: .*not UTF-8"),
    ],
)
def test_what_cannot_be_expressed_is_refused_before_anything_is_sent(
    fake: GitHub, land: Landing, file: FileChange, why: str
) -> None:
    with pytest.raises(ForgeRefused, match=why):
        land(BASE, land.parent, (*FILES, file))
    assert fake.log == []


# Where it lands


def test_on_a_branch_it_is_one_request(scene: Scene, fake: GitHub, land: Landing) -> None:
    outcome = land(BASE, land.parent)
    assert is_landed(fake, outcome, BASE, land.parent)
    assert len(fake.log) == 1


def test_bytes_paths_and_files_that_go(scene: Scene, fake: GitHub, land: Landing) -> None:
    data = bytes(range(256)) * 3
    gone = change("web.yaml", None, mode=0o100755)
    outcome = land(BASE, land.parent, (change("a/ü b.bin", data), change("empty", b""), gone))
    assert isinstance(outcome, Landed), outcome
    listed = fake.state.git("-c", "core.quotePath=false", "ls-tree", "-r", "--format=%(objectmode) %(path)", BASE)
    assert listed.splitlines() == ["100644 a/ü b.bin", "100644 empty"]
    scene.person.git("fetch", "--quiet", "origin", BASE)
    scene.person.git("checkout", "--quiet", "FETCH_HEAD")
    assert (scene.person.folder / "a/ü b.bin").read_bytes() == data


def test_a_branch_that_is_not_there_is_made(fake: GitHub, land: Landing) -> None:
    assert is_landed(fake, land("promote/run", None), "promote/run", land.parent)


def test_a_branch_is_not_there_before_its_commit_is(fake: GitHub, land: Landing) -> None:
    """A run that is killed then would leave a branch at its base, which the next run would take for a person's."""
    there: list[str] = []
    for name in ("createCommitOnBranch", "updateRefs"):
        fake.before[name] = lambda: there.append(fake.state.tip("promote/run"))
    assert isinstance(land("promote/run", None), Landed)
    assert there == ["", ""]


def test_several_are_a_chain_that_lands_as_one(fake: GitHub, land: Landing) -> None:
    there: list[str] = []
    fake.before["updateRefs"] = lambda: there.append(fake.state.tip(BASE))
    second = worded((change("api.yaml", b"tag: 9\n"),), "Promote api to 9\n\nPromote-App: api")
    outcome = land.put(BASE, land.parent, worded(), second)
    assert isinstance(outcome, Landed), outcome
    listed = fake.state.git("rev-list", "--reverse", f"{land.parent}..{BASE}").split()
    assert [*outcome.below, outcome.commit] == listed
    assert there == [land.parent]
    assert fake.state.git("show", f"{BASE}:web.yaml", f"{BASE}:api.yaml") == "tag: 3\ntag: 9"
    assert [fake.state.git("log", "-1", "--format=%s", oid) for oid in listed] == [
        "Promote web to 3",
        "Promote api to 9",
    ]
    assert sorted(branches(fake)) == [BASE, HEAD]


def test_in_the_place_of_other_commits_and_its_pull_request_stays_open(
    scene: Scene, fake: GitHub, land: Landing
) -> None:
    scene.forge.create(HEAD, BASE, Proposal("prod: web 2", ""))
    before = fake.state.tip(HEAD)
    outcome = land(HEAD, before)
    assert is_landed(fake, outcome, HEAD, land.parent)
    assert [pull.state for pull in fake.state.pulls] == ["open"]


def test_a_branch_set_back_to_its_base_closes_its_pull_request(scene: Scene, fake: GitHub, land: Landing) -> None:
    """The trap, as the fake has it: what the test above would not see otherwise."""
    scene.forge.create(HEAD, BASE, Proposal("prod: web 2", ""))
    scene.person.git("push", "--quiet", "--force", "origin", f"{land.parent}:refs/heads/{HEAD}")
    land("promote/run", None)
    assert [pull.state for pull in fake.state.pulls] == ["closed"]


# Where somebody else was first


def test_a_chain_is_beaten_whole(scene: Scene, fake: GitHub, land: Landing) -> None:
    fake.before["updateRefs"] = lambda: scene.person.push({"web.yaml": b"theirs\n"})
    assert land.put(BASE, land.parent, worded(), worded((change("api.yaml", b"1"),))) == Beaten()
    assert fake.state.git("log", "-1", "--format=%s", BASE) == "change 3"
    assert sorted(branches(fake)) == [BASE, HEAD]


def test_stale_in_the_words_of_a_late_collision_is_beaten_too(fake: GitHub, land: Landing) -> None:
    said = f'is at {"a" * 40} but expected {"b" * 40}'
    body = json.dumps({"errors": [{"type": "UNPROCESSABLE", "message": said}]})
    fake.fail("POST", "/graphql", status=200, body=body)
    assert land(BASE, land.parent) == Beaten()


@pytest.mark.parametrize("branch", [BASE, HEAD])
def test_beaten_where_the_branch_is_elsewhere(scene: Scene, fake: GitHub, land: Landing, branch: str) -> None:
    expected = fake.state.tip(branch)
    theirs = scene.person.push({"web.yaml": b"theirs\n"}, branch=branch)
    assert land(branch, expected) == Beaten()
    assert fake.state.tip(branch) == theirs
    assert sorted(branches(fake)) == [BASE, HEAD]


def test_beaten_where_the_branch_was_to_be_new(fake: GitHub, land: Landing) -> None:
    before = fake.state.tip(HEAD)
    assert land(HEAD, None) == Beaten()
    assert fake.state.tip(HEAD) == before


def test_beaten_between_the_look_and_the_move(scene: Scene, fake: GitHub, land: Landing) -> None:
    expected = fake.state.tip(HEAD)
    fake.before["updateRefs"] = lambda: scene.person.push({"web.yaml": b"a person's\n"}, branch=HEAD)
    assert land(HEAD, expected) == Beaten()
    assert fake.state.git("show", f"{HEAD}:web.yaml") == "a person's"
    assert sorted(branches(fake)) == [BASE, HEAD]


def test_of_many_at_once_one_lands(fake: GitHub, land: Landing) -> None:
    expected = fake.state.tip(HEAD)
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda n: land(HEAD, expected, message=f"change {n}"), range(4)))
    landed = [each for each in outcomes if isinstance(each, Landed)]
    assert [each.commit for each in landed] == [fake.state.tip(HEAD)]
    assert [each for each in outcomes if each != landed[0]] == [Beaten()] * 3
    assert sorted(branches(fake)) == [BASE, HEAD]


# Where an answer was lost


@pytest.mark.parametrize(
    ("branch", "lost"),
    [
        (BASE, "createCommitOnBranch"),
        (HEAD, "createCommitOnBranch"),
        ("promote/run", "createCommitOnBranch"),
        (HEAD, "updateRefs"),
    ],
)
def test_a_lost_answer_is_looked_for_and_nothing_is_done_twice(
    fake: GitHub, land: Landing, branch: str, lost: str
) -> None:
    expected = fake.state.tip(branch) or None
    fake.lost = [lost]
    assert is_landed(fake, land(branch, expected), branch, land.parent)
    assert fake.lost == []
    assert fake.state.git("rev-list", "--count", f"{land.parent}..{branch}") == "1"


def test_a_lost_commit_is_found_below_anothers(scene: Scene, fake: GitHub, land: Landing) -> None:
    def on_top() -> None:
        scene.person.git("fetch", "--quiet", "origin", BASE)
        scene.person.git("reset", "--quiet", "--hard", "FETCH_HEAD")
        scene.person.push({"other.yaml": b"theirs\n"})

    fake.fail("POST", "/graphql", cut="after", then=on_top)
    outcome = land(BASE, land.parent)
    assert isinstance(outcome, Landed)
    assert outcome.commit == fake.state.git("rev-parse", f"{BASE}~1")


def test_a_lost_commit_that_another_took_the_place_of_is_beaten(scene: Scene, fake: GitHub, land: Landing) -> None:
    fake.fail("POST", "/graphql", cut="before", then=lambda: scene.person.push({"web.yaml": b"theirs\n"}))
    assert land(BASE, land.parent) == Beaten()


def test_an_older_commit_with_the_same_message_is_not_taken_for_it(scene: Scene, fake: GitHub, land: Landing) -> None:
    assert isinstance(land(BASE, land.parent), Landed)
    again = Landing(scene)
    scene.person.git("fetch", "--quiet", "origin", BASE)
    scene.person.git("reset", "--quiet", "--hard", "FETCH_HEAD")
    fake.fail("POST", "/graphql", cut="before", then=lambda: scene.person.push({"web.yaml": b"theirs\n"}))
    assert again(BASE, again.parent) == Beaten()


def test_a_branch_whose_making_was_lost_is_taken(fake: GitHub, land: Landing) -> None:
    def made() -> None:
        fake.state.git("update-ref", fake.log[-1].body["ref"], land.parent)

    fake.fail("POST", "/git/refs", status=502, then=made)
    assert is_landed(fake, land("x", None), "x", land.parent)


def test_a_commit_that_was_never_seen_again_is_unclear_without_a_name(fake: GitHub, land: Landing) -> None:
    for _ in range(3):
        fake.fail("POST", "/graphql", cut="before")
    outcome = land(BASE, land.parent)
    assert isinstance(outcome, Unclear)
    assert outcome.commit == ""
    assert fake.state.tip(BASE) == land.parent


def test_a_fault_of_its_own_is_as_unclear_as_no_answer(fake: GitHub, land: Landing) -> None:
    said = "Something went wrong while executing your query. Please include `0401:6C25` when reporting this issue."
    body = json.dumps({"errors": [{"message": said}]})
    fake.fail("POST", "/graphql", status=200, body=body, then=lambda: land(BASE, land.parent))
    assert is_landed(fake, land(BASE, land.parent), BASE, land.parent)
    assert fake.state.git("rev-list", "--count", f"{land.parent}..{BASE}") == "1"


def test_a_lost_commit_stays_unclear_where_nothing_can_be_looked_at(fake: GitHub, land: Landing) -> None:
    def deny() -> None:
        fake.fail("POST", "/graphql", status=401)

    fake.fail("POST", "/graphql", cut="after", then=deny)
    outcome = land(BASE, land.parent)
    assert isinstance(outcome, Unclear)
    assert fake.state.tip(BASE) != land.parent


def test_a_lost_commit_on_a_scratch_branch_is_nothing_on_the_branch(fake: GitHub, land: Landing) -> None:
    expected = fake.state.tip(HEAD)

    def silence() -> None:
        for _ in range(3):
            fake.fail("POST", "/graphql", cut="before")

    fake.fail("POST", "/git/refs", status=422, body='{"message": "Reference already exists"}', then=silence)
    with pytest.raises(ForgeUnreachable):
        land(HEAD, expected)
    assert fake.state.tip(HEAD) == expected


def test_a_move_that_was_never_seen_again_is_unclear_and_says_which_commit(fake: GitHub, land: Landing) -> None:
    expected = fake.state.tip(HEAD)

    def silence() -> None:
        for _ in range(3):
            fake.fail("POST", "/graphql", cut="after")

    fake.before["updateRefs"] = silence
    outcome = land(HEAD, expected)
    assert isinstance(outcome, Unclear)
    assert outcome.commit == fake.state.tip(HEAD)


def test_a_lost_move_is_not_forgotten_where_the_scratch_branch_cannot_go(fake: GitHub, land: Landing) -> None:
    expected = fake.state.tip(HEAD)

    def silence() -> None:
        for _ in range(3):
            fake.fail("POST", "/graphql", cut="before")
        fake.fail("DELETE", "/git/refs", status=403)

    fake.before["updateRefs"] = silence
    outcome = land(HEAD, expected)
    assert isinstance(outcome, Unclear)
    assert f"its branch {SCRATCH}" in outcome.why


def test_a_run_that_is_interrupted_leaves_no_scratch_branch(
    scene: Scene, fake: GitHub, land: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupts: list[KeyboardInterrupt] = []
    before, expected = scene.web._headers, fake.state.tip(HEAD)

    def headers() -> Mapping[str, str]:
        if interrupts:
            raise interrupts.pop()
        return before()

    monkeypatch.setattr(scene.web, "_headers", headers)
    fake.before["createCommitOnBranch"] = lambda: interrupts.append(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        land(HEAD, expected)
    assert sorted(branches(fake)) == [BASE, HEAD]
    assert fake.state.tip(HEAD) == expected


def named(hours: float, end: str = "0123456789abcdef") -> str:
    """A scratch branch of a run that began so long ago."""
    return f"{SCRATCH}{SystemClock().now() - timedelta(hours=hours):%Y%m%dT%H%M%S}Z-{end}"


def test_what_a_killed_run_left_is_removed_a_day_later_by_the_next_one(
    scene: Scene, fake: GitHub, land: Landing, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as killed:
        # As kill -9 right after its commit: not even what ends an interrupted run is done.
        killed.setattr(Committer, "_left", lambda *_: "")
        killed.setattr(Committer, "_moved", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            land(HEAD, fake.state.tip(HEAD))
    [left] = [name for name in branches(fake) if name.startswith(SCRATCH)]
    kept = [
        left,
        named(23),
        named(-30),
        named(30, "0123"),
        f"{SCRATCH}0123456789abcdef",
        f"{SCRATCH}20261399T000000Z-0123456789abcdef",
        f"{SCRATCH}somebody/{named(30).rpartition('/')[2]}",
        f"other/{named(30)}",
    ]
    for name in (*kept, named(25), named(9999)):
        fake.state.git("update-ref", f"refs/heads/{name}", BASE)
    calls = len(fake.log)
    assert isinstance(land(HEAD, fake.state.tip(HEAD)), Landed)
    assert sorted(branches(fake)) == sorted([BASE, HEAD, *kept])
    # Looked at, made, committed to, moved; and one more request for what was left.
    assert len(fake.log) - calls == 5
    assert isinstance(land(HEAD, fake.state.tip(HEAD)), Landed)
    assert len(fake.log) - calls == 9


def test_what_is_left_and_moves_meanwhile_stays(scene: Scene, fake: GitHub, land: Landing) -> None:
    old = named(25)
    fake.state.git("update-ref", f"refs/heads/{old}", BASE)
    # By the time of its removal somebody has pushed to it.
    fake.before["createCommitOnBranch"] = lambda: fake.state.git("update-ref", f"refs/heads/{old}", HEAD)
    assert isinstance(land(HEAD, fake.state.tip(HEAD)), Landed)
    assert old in branches(fake)


def test_what_cannot_be_removed_is_told_and_the_commit_has_landed(
    scene: Scene, fake: GitHub, land: Landing, caplog: pytest.LogCaptureFixture
) -> None:
    old = named(25)
    fake.state.git("update-ref", f"refs/heads/{old}", BASE)
    outcome = land.put(BASE, land.parent, worded(), worded((change("web.yaml", b"tag: 4\n"),), "another"))
    assert isinstance(outcome, Landed)
    assert old not in branches(fake)
    fake.state.git("update-ref", f"refs/heads/{old}", BASE)
    land.parent = fake.state.tip(BASE)

    def then() -> None:
        fake.before["updateRefs"] = lambda: fake.fail("POST", "/graphql", status=403)

    fake.before["updateRefs"] = then
    assert isinstance(land(HEAD, fake.state.tip(HEAD)), Landed)
    assert f"branches of killed runs are left, delete them: {old}: denied (403)" in caplog.text


# A branch that goes


def test_a_branch_is_removed_only_where_it_was_expected(scene: Scene, fake: GitHub) -> None:
    committer, tip = Committer(scene.project, scene.web, SystemClock()), fake.state.tip(HEAD)
    committer.remove(HEAD, "0123456789" * 4)
    committer.remove("promote/run", tip)
    assert fake.state.tip(HEAD) == tip
    fake.before["updateRefs"] = lambda: scene.person.push({"web.yaml": b"theirs\n"}, branch=HEAD)
    committer.remove(HEAD, tip)
    theirs = fake.state.tip(HEAD)
    assert theirs not in ("", tip)
    fake.rules = "Repository rule violations found"
    with pytest.raises(ForgeRefused, match="will not remove the branch promote/env/prod: Repository rule"):
        committer.remove(HEAD, theirs)
    fake.rules = ""
    committer.remove(HEAD, theirs)
    assert fake.state.tip(HEAD) == ""


# Where GitHub will not


def test_what_a_rule_forbids_is_told_in_its_words_and_leaves_nothing(fake: GitHub, land: Landing) -> None:
    expected = fake.state.tip(HEAD)
    fake.rules = "Repository rule violations found: changes must be made through a pull request"
    with pytest.raises(ForgeRefused, match="will not set promote/env/prod to its new commit: Repository rule"):
        land(HEAD, expected)
    assert sorted(branches(fake)) == [BASE, HEAD]
    with pytest.raises(ForgeRefused, match="refused the commit: Repository rule"):
        land(BASE, land.parent)


def test_a_rule_against_scratch_branches_is_told_with_the_branch(fake: GitHub, land: Landing) -> None:
    said = '{"message": "Repository rule violations found: Cannot create ref due to creations being restricted."}'
    fake.fail("POST", "/git/refs", status=422, body=said)
    with pytest.raises(ForgeRefused, match=f"will not make the branch {SCRATCH}.*creations being restricted"):
        land("promote/run", None)
    assert sorted(branches(fake)) == [BASE, HEAD]


def test_a_token_that_may_not_is_denied(fake: GitHub, land: Landing) -> None:
    said = '{"errors": [{"type": "FORBIDDEN", "message": "Resource not accessible by integration"}]}'
    fake.fail("POST", "/graphql", status=200, body=said)
    with pytest.raises(ForgeDenied, match="contents: write"):
        land(BASE, land.parent)
