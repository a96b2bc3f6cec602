"""`commit: {via: api}` from the command line: GitHub makes the commits, and the Git server takes no push."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.api import How, Rules, Set, Where, open_session
from promote.api.forges import Forges
from promote.clock import SystemClock
from promote.errors import UsageError
from promote.forge.github_refs import SCRATCH
from promote.forge.kinds import TOKEN
from promote.gitrepo.remote import Remotes
from promote.image import Version
from tests.clock import FakeClock
from tests.config.loading import loaded
from tests.e2e.conftest import Create
from tests.e2e.gitops import (
    API,
    NEW_API,
    NEW_WEB,
    OLD_API,
    OLD_WEB,
    Gitops,
    config,
    digest_of,
    exactly,
    files,
    web_line,
)
from tests.e2e.program import Inside, Result
from tests.e2e.proposing import BRANCH, PROD, commits_both
from tests.servers.forge.github import GitHub
from tests.servers.forge.state import State
from tests.servers.registry import RunningRegistry

DEV = "envs/dev/web/kustomization.yaml"
# Both take from the registry, and `prod` proposes.
OLD_TEST, NEW_TEST = "test: {path: envs/test, from: dev}", "test: {path: envs/test}"
OLD_PROD = "prod: {path: envs/prod, from: test}"
NEW_PROD = "prod: {path: envs/prod, source: none, deliver: pull-request}"


@dataclass
class Scene:
    """A repository that takes no push, the fake GitHub that commits to it, and the program."""

    repository: Gitops
    github: GitHub
    inside: Inside

    def run(self, *words: str, env: Mapping[str, str] | None = None) -> Result:
        given = {TOKEN: self.github.token} if env is None else env
        return self.inside(*words, "--repo", self.repository.url, "-o", "json", env=given)

    def branches(self) -> list[str]:
        return self.repository.git("for-each-ref", "--format=%(refname:lstrip=2)", "refs/heads").splitlines()

    def asked(self) -> list[str]:
        """The mutations so far, and what the REST API was asked for besides."""
        told = []
        for each in self.github.log:
            query = each.body["query"] if each.path.endswith("/graphql") else ""
            told.append(query.split("(")[0].split()[-1] if query else f"{each.method} {each.path.rpartition('/')[2]}")
        return told


@pytest.fixture
def scene(create: Create, registry: RunningRegistry, inside: Inside) -> Iterator[Scene]:
    repository = create(files(registry.host, digest=digest_of(API[OLD_API])))
    with GitHub(State(repository.folder), "github") as github:
        more = (
            f"forge: {{kind: github, url: {github.project.url}, project: {github.project.path}}}\n"
            "commit: {via: api}\n"
        )
        text = config(registry.host, more).replace(OLD_TEST, NEW_TEST).replace(OLD_PROD, NEW_PROD)
        assert (NEW_TEST in text, NEW_PROD in text) == (True, True)
        repository.commit({"promote.yaml": text.encode()})
        repository.git("config", "http.receivepack", "false")
        scene = Scene(repository, github, inside)
        yield scene
        assert [name for name in scene.branches() if name.startswith(SCRATCH)] == []


def failed(done: Result) -> list[tuple[str, int]]:
    return [(each["code"], each["exit"]) for each in done.document["failed"]]


# What is refused, or is none of the API's


def test_an_executable_file_is_refused_by_name_before_anything_is_sent(scene: Scene) -> None:
    oid = scene.repository.git("rev-parse", f"main:{DEV}")
    stream = (
        "commit refs/heads/main\ncommitter O <o@example.com> 1767614400 +0000\ndata 1\nx\nfrom refs/heads/main^0\n"
        f"M 100755 {oid} {DEV}\n"
    )
    scene.repository.git("fast-import", "--quiet", stdin=stream.encode())
    refs = scene.repository.refs()
    done = scene.run("set", "dev", f"web={NEW_WEB}", f"api={NEW_API}")
    assert done.code == 6, done
    assert f"{DEV}: GitHub's API commits ordinary files only" in done.stderr
    assert "via: git" in done.stderr
    assert scene.repository.refs() == refs
    assert scene.github.log == []


def test_without_a_token_nothing_is_done(scene: Scene) -> None:
    refs = scene.repository.refs()
    done = scene.run("set", "dev", f"web={NEW_WEB}", env={})
    assert done.code == 6, done
    assert TOKEN in done.stderr
    assert scene.repository.refs() == refs


@pytest.mark.parametrize(
    ("repo", "page"),
    [
        ("https://gitlab.com/acme/gitops.git", "https://gitlab.com/acme/gitops"),
        ("git@codeberg.org:acme/gitops.git", "https://codeberg.org/acme/gitops"),
    ],
)
def test_a_forge_that_its_address_tells_is_not_githubs_is_refused(tmp_path: Path, repo: str, page: str) -> None:
    config = loaded("commit: {via: api}\nenvironments: {dev: {path: dev}}")
    with ExitStack() as stack:
        remotes = stack.enter_context(Remotes(environ={}, clock=FakeClock(), base=tmp_path))
        forges = Forges(config, remotes, repo, {TOKEN: "x"}, tmp_path, FakeClock(), 1, stack)
        with pytest.raises(UsageError, match=rf"{page}: .* GitHub only, and this is .*; write commit: \{{via: git"):
            forges.committer(config.environment("dev"), repo)


@pytest.mark.parametrize("word", ["--author=Ann <ann@example.com>", "--sign", "--no-sign"])
@pytest.mark.parametrize("more", [(), ("--dry-run",)])
def test_an_author_and_a_signature_are_not_for_the_command_line_to_say(
    scene: Scene, word: str, more: tuple[str, ...]
) -> None:
    done = scene.run("set", "dev", f"web={NEW_WEB}", word, *more)
    assert done.code == 2, done
    assert "GitHub makes the commit" in done.stderr
    assert scene.github.log == []


def test_dry_run_asks_no_forge(scene: Scene) -> None:
    refs = scene.repository.refs()
    done = scene.run("set", "dev", f"web={NEW_WEB}", "--dry-run", env={})
    assert (done.code, len(done.document["changes"])) == (0, 1), done
    assert scene.repository.refs() == refs
    assert scene.github.log == []


def test_dry_run_and_check_refuse_what_a_run_would(scene: Scene) -> None:
    """Only the run itself said so: cron failed where a look had found nothing wrong."""
    shown = scene.repository.tree()["promote.yaml"]
    lines = [line for line in shown.splitlines(keepends=True) if not line.startswith(b"forge:")]
    scene.repository.commit({"promote.yaml": b"".join(lines)})
    for words in (("set", "dev", f"web={NEW_WEB}", "--dry-run"), ("check", "dev")):
        done = scene.run(*words)
        assert done.code == 2, done
        assert "`commit: {via: api}` needs a forge: " in done.output
        assert "write commit: {via: git} into promote.yaml" in done.output
    assert scene.run("set", "dev", f"web={NEW_WEB}", "--dry-run", "--no-push").code == 0
    assert scene.github.log == []


def test_11_4_no_push_and_write_only_are_gits(scene: Scene) -> None:
    clone = scene.repository.clone()
    done = scene.inside("set", "dev", f"web={NEW_WEB}", "--no-push", "--author=Ann <ann@example.com>", cwd=clone)
    assert done.code == 0, done
    assert scene.repository.git("log", "-1", "--format=%an", "refs/promote/main", cwd=clone) == "Ann"
    done = scene.inside("set", "dev", f"web={NEW_WEB}", "--write-only", cwd=clone)
    assert done.code == 0, done
    assert web_line(NEW_WEB) in (clone / DEV).read_bytes()
    assert scene.github.log == []


# A commit on the branch


def test_one_commit_goes_onto_the_branch_by_one_request(scene: Scene) -> None:
    before, main = scene.repository.tree(), scene.repository.tip()
    done = scene.run("set", "dev", f"web={NEW_WEB}")
    assert done.code == 0, done
    exactly(before, scene.repository.tree(), {DEV: [(web_line(OLD_WEB), web_line(NEW_WEB))]})
    assert scene.repository.git("rev-parse", "main^") == main
    assert [(each["sha"], each["pushed"]) for each in done.document["commits"]] == [(scene.repository.tip(), True)]
    assert f"Promote-Version: {NEW_WEB}" in scene.repository.trailers()
    assert scene.repository.message().partition("\n")[0] == f"dev: web {NEW_WEB} (was {OLD_WEB})"
    assert scene.asked() == ["Commit"]
    again = scene.run("set", "dev", f"web={NEW_WEB}")
    assert [each["code"] for each in again.document["skipped"]] == ["already"]
    assert scene.asked() == ["Commit"]


def test_who_goes_on_in_the_same_session_sees_what_the_forge_has_committed(scene: Scene) -> None:
    environ = {**scene.inside.environ, TOKEN: scene.github.token}
    where, rules = Where(Path("/"), repo=scene.repository.url), Rules(verify_tag=False)
    with open_session(where, environ=environ, clock=SystemClock()) as session:
        first = session.deliver(Set("dev", (("web", Version(NEW_WEB)),)), rules, How())
        again = session.deliver(Set("dev", (("web", Version(NEW_WEB)),)), rules, How())
    assert [each.oid for each in first.commits] == [scene.repository.tip()]
    assert ([each.code for each in again.plan.skips], again.commits, again.attempts) == (["already"], (), 1)
    assert scene.asked() == ["Commit"]


def test_two_environments_are_a_chain_that_lands_at_once(scene: Scene) -> None:
    main = scene.repository.tip()
    seen: list[str] = []
    scene.github.before["updateRefs"] = lambda: seen.append(scene.repository.tip())
    done = scene.run("update", "dev", "test")
    assert done.code == 0, done
    assert seen == [main]
    made = scene.repository.git("rev-list", "--reverse", f"{main}..main").split()
    assert [each["sha"] for each in done.document["commits"]] == made
    told = [[line for line in scene.repository.trailers(oid) if "Environment" in line] for oid in made]
    assert told == [["Promote-Environment: dev"], ["Promote-Environment: test"]]
    assert scene.asked() == ["Look", "POST refs", "Commit", "Commit", "Move"]


@pytest.mark.parametrize(
    ("words", "at"), [(("set", "dev", f"web={NEW_WEB}"), "createCommitOnBranch"), (("update",), "updateRefs")]
)
def test_a_stale_head_is_planned_on_anew_and_both_are_there(scene: Scene, words: tuple[str, ...], at: str) -> None:
    scene.github.before[at] = lambda: scene.repository.commit({"notes.txt": b"theirs\n"})
    done = scene.run(*words)
    assert done.code == 0, done
    tree = scene.repository.tree()
    assert tree["notes.txt"] == b"theirs\n"
    assert web_line(NEW_WEB) in tree[DEV]
    commits = scene.repository.commits()
    assert [each["sha"] for each in done.document["commits"]] == commits[-len(done.document["commits"]) :]


def test_of_several_at_once_nothing_is_lost_and_nothing_is_there_twice(scene: Scene) -> None:
    environ = {**scene.inside.environ, TOKEN: scene.github.token}
    main = scene.repository.tip()

    def one(wanted: tuple[str, str, str]) -> int:
        environment, app, tag = wanted
        where = Where(Path("/"), repo=scene.repository.url)
        with open_session(where, environ=environ, clock=SystemClock()) as session:
            done = session.deliver(Set(environment, ((app, Version(tag)),)), Rules(verify_tag=False), How())
        return len(done.commits)

    wanted = [(env, app, tag) for env in ("dev", "test") for app, tag in (("web", NEW_WEB), ("api", NEW_API))]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, wanted)) == [1, 1, 1, 1]
    made = scene.repository.git("rev-list", "--first-parent", f"{main}..main").split()
    apps = [line for oid in made for line in scene.repository.trailers(oid) if line.startswith("Promote-App")]
    assert sorted(apps) == ["Promote-App: api"] * 2 + ["Promote-App: web"] * 2
    assert len(made) == 4
    tree = scene.repository.tree()
    assert all(web_line(NEW_WEB) in tree[f"envs/{env}/web/kustomization.yaml"] for env in ("dev", "test"))
    assert all(NEW_API.encode() in tree[f"envs/{env}/api/values.yaml"] for env in ("dev", "test"))


def test_a_commit_of_which_nothing_was_heard_is_found_below_anothers(scene: Scene) -> None:
    """The answer is lost and the forge says nothing any more: the history that git fetches tells."""

    def silence() -> None:
        scene.github.fail("POST", "/graphql", status=401)
        tree = scene.repository.tree()
        scene.repository.commit({DEV: tree[DEV].replace(web_line(NEW_WEB), web_line("1.4.1"))})

    scene.github.fail("POST", "/graphql", cut="after", then=silence)
    done = scene.run("set", "dev", f"web={NEW_WEB}")
    assert done.code == 0, done
    assert [each["sha"] for each in done.document["commits"]] == [scene.repository.git("rev-parse", "main^")]
    assert [each["new"]["tag"] for each in done.document["changes"]] == [NEW_WEB]
    assert web_line("1.4.1") in scene.repository.tree()[DEV]
    assert scene.asked() == ["Commit", "Commit"]


def test_a_commit_that_never_arrived_is_made_after_all(scene: Scene) -> None:
    main = scene.repository.tip()
    scene.github.fail("POST", "/graphql", cut="before", then=lambda: scene.github.fail("POST", "/graphql", status=401))
    done = scene.run("set", "dev", f"web={NEW_WEB}")
    assert done.code == 0, done
    assert scene.repository.git("rev-list", f"{main}..main") == done.document["commits"][0]["sha"]


def test_a_chain_of_which_nothing_was_heard_is_found(scene: Scene) -> None:
    def silence() -> None:
        scene.github.fail("POST", "/graphql", cut="after", then=lambda: scene.github.fail("POST", "", status=401))

    scene.github.before["updateRefs"] = silence
    main = scene.repository.tip()
    done = scene.run("update")
    assert done.code == 0, done
    made = scene.repository.git("rev-list", "--reverse", f"{main}..main").split()
    assert [each["sha"] for each in done.document["commits"]] == made
    assert len(made) == 2


def test_a_protected_branch_is_told_as_a_refused_push_is(scene: Scene) -> None:
    refs = scene.repository.refs()
    scene.github.rules = "Repository rule violations found: Changes must be made through a pull request."
    for words in (("set", "dev", f"web={NEW_WEB}"), ("update",)):
        done = scene.run(*words)
        assert done.code == 5, done
        assert set(failed(done)) == {("push-rejected", 5)}
        reasons = [each["reason"] for each in done.document["failed"]]
        assert all("Changes must be made through a pull request" in each for each in reasons)
        assert all("the branch is protected" in each for each in reasons)
        assert scene.repository.refs() == refs


def test_a_token_that_may_not_write_is_exit_6(scene: Scene) -> None:
    scene.github.fail("POST", "/graphql", status=403, body='{"message": "Resource not accessible by integration"}')
    done = scene.run("set", "dev", f"web={NEW_WEB}")
    assert (done.code, failed(done)) == (6, [("push-rejected", 6)]), done
    assert "contents: write" in done.document["failed"][0]["reason"]
    assert scene.github.token not in done.output


def test_the_deadline_of_the_loop_is_the_forges_too(scene: Scene) -> None:
    for _ in range(9):
        scene.github.fail("POST", "/graphql", status=403, headers={"Retry-After": "30"})
    began = time.monotonic()
    done = scene.run("set", "dev", f"web={NEW_WEB}", "--push-timeout", "0.5")
    assert (done.code, failed(done)) == (5, [("push-timeout", 5)]), done
    assert "asks to wait 30 s" in done.document["failed"][0]["reason"]
    assert time.monotonic() - began < 20


# A promotion branch


def test_7_1_a_promotion_branch_is_one_commit_that_each_run_makes_anew(scene: Scene) -> None:
    before, main = scene.repository.tree(), scene.repository.tip()
    done = scene.run("set", "prod", f"web={NEW_WEB}")
    assert done.code == 0, done
    assert [each["action"] for each in done.document["pull_requests"]] == ["created"]
    exactly(before, scene.repository.tree(BRANCH), {PROD: [(web_line(OLD_WEB), web_line(NEW_WEB))]})
    done = scene.run("set", "prod", f"api={NEW_API}")
    assert done.code == 0, done
    assert [each["action"] for each in done.document["pull_requests"]] == ["updated"]
    assert scene.repository.git("rev-parse", f"{BRANCH}^") == main == scene.repository.tip()
    trailers = scene.repository.trailers(BRANCH)
    assert [line for line in trailers if line.startswith("Promote-App")] == ["Promote-App: api", "Promote-App: web"]
    assert [pull.state for pull in scene.github.state.pulls] == ["open"]
    # What the base has by itself ends it, and the branch goes by the API too.
    scene.repository.commit({name: data for name, data in scene.repository.tree(BRANCH).items() if "prod" in name})
    done = scene.run("set", "prod", f"web={NEW_WEB}")
    assert done.code == 0, done
    assert [each["action"] for each in done.document["pull_requests"]] == ["closed"]
    assert scene.branches() == ["main"]


def test_7_1_a_lost_answer_is_settled_by_the_trailers(scene: Scene) -> None:
    def silence() -> None:
        scene.github.fail("POST", "/graphql", cut="after", then=lambda: scene.github.fail("POST", "", status=401))

    scene.github.before["updateRefs"] = silence
    done = scene.run("set", "prod", f"web={NEW_WEB}")
    assert done.code == 0, done
    assert [each["sha"] for each in done.document["commits"]] == [scene.repository.tip(BRANCH)]
    assert [each["action"] for each in done.document["pull_requests"]] == ["created"]


def test_7_3_a_persons_commit_meanwhile_is_left_alone(scene: Scene) -> None:
    assert scene.run("set", "prod", f"web={NEW_WEB}").code == 0
    scene.github.before["updateRefs"] = lambda: scene.repository.commit({"notes.txt": b"x"}, branch=BRANCH)
    done = scene.run("set", "prod", f"api={NEW_API}")
    assert (done.code, [each["code"] for each in done.document["refused"]]) == (3, ["branch-edited"])
    assert scene.repository.tree(BRANCH)["notes.txt"] == b"x"


def test_check_looks_at_the_forge_of_commits_too(scene: Scene) -> None:
    scene.github.archived = True
    done = scene.run("check", "dev")
    assert done.code == 6, done
    assert "is archived" in done.output


def test_7_1_who_writes_last_need_not_have_committed_last(scene: Scene) -> None:
    assert scene.run("set", "prod", "web=1.4.1", "--no-verify-tag").code == 0
    scene.github.fail("PATCH", "", status=502, then=lambda: commits_both(scene.repository, scene.github.state))
    assert scene.run("set", "prod", f"web={NEW_WEB}").code == 0
    pull = scene.github.state.pulls[0]
    assert all(f"`{version}`" in pull.body for version in (NEW_API, NEW_WEB))
