"""The loop, against real repositories over file://: beaten, lost answers, several places, --no-push, working files."""

from __future__ import annotations

import fcntl
import os
import stat
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from promote import patience
from promote import publish as publishing
from promote.api import Hold, How, Promote, Rules, Session, Set, Sources, Update, Where, open_session
from promote.clock import SystemClock
from promote.demo.images import write_layout
from promote.errors import GitError, Refused, RemoteUnreachable, UsageError
from promote.image import Version
from promote.outcome import Beaten, Delivery, Landed, Plan, Step, Unclear, WordedStep
from promote.place import Place
from promote.publish import Remote, publish, write_files
from promote.publish.sent import Sent
from promote.report.exit import exit_code
from promote.text.edit import FileChange
from promote.tree import Tree
from promote.wording.trailers import parse
from tests.clock import FakeClock
from tests.servers.githttp import Fault, GitHttp

WEB = "registry.example.com/acme/web"
CONFIG = f"""version: 1
apps:
  web: {{image: {WEB}, policy: {{semver: "*"}}}}
  api: {{image: registry.example.com/acme/api, policy: {{semver: "*"}}}}
environments:
  dev: {{path: envs/dev, source: none}}
  test: {{path: envs/test, from: dev}}
"""
NO_LOOK = Rules(verify_tag=False)


def entry(image: str, tag: str) -> str:
    return f"images:\n- name: {image}\n  newTag: {tag}   # by promote\n"


FILES = {
    f"envs/{name}/{app}/kustomization.yaml": entry(f"registry.example.com/acme/{app}", "1.0.0")
    for name in ("dev", "test")
    for app in ("web", "api")
}


@dataclass
class Ground:
    """A folder with bare repositories and people's clones of them."""

    root: Path

    @property
    def environ(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.root),
            "TMPDIR": str(self.root),
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_AUTHOR_NAME": "Ann",
            "GIT_AUTHOR_EMAIL": "ann@example.com",
            "GIT_COMMITTER_NAME": "Ann",
            "GIT_COMMITTER_EMAIL": "ann@example.com",
        }

    def git(self, *args: str, at: Path) -> str:
        done = subprocess.run(["git", *args], cwd=at, env=self.environ, capture_output=True, check=False)
        assert done.returncode == 0, (args, done.stderr)
        return done.stdout.decode().strip()

    def repository(self, name: str, files: dict[str, str]) -> str:
        """The URL of a new bare repository, of which `NAME` is a clone."""
        bare = self.root / f"{name}.git"
        self.git("init", "--quiet", "--bare", "--initial-branch=main", str(bare), at=self.root)
        self.git("config", "uploadpack.allowFilter", "true", at=bare)
        self.git("clone", "--quiet", f"file://{bare}", str(self.root / name), at=self.root)
        self.push(name, files)
        return f"file://{bare}"

    def push(self, name: str, files: dict[str, str], *, branch: str = "main") -> None:
        """Somebody commits these files on the branch's newest tip and pushes them."""
        clone = self.root / name
        self.git("fetch", "--quiet", "origin", at=clone)
        heads = self.git("branch", "-r", "--list", f"origin/{branch}", at=clone)
        self.git("checkout", "--quiet", "-B", branch, *([f"origin/{branch}"] if heads else []), at=clone)
        for path, text in files.items():
            (clone / path).parent.mkdir(parents=True, exist_ok=True)
            (clone / path).write_text(text)
        self.git("add", "-A", at=clone)
        self.git("commit", "--quiet", "-m", "somebody's change", at=clone)
        self.git("push", "--quiet", "origin", branch, at=clone)

    def show(self, name: str, path: str, *, branch: str = "main") -> str:
        return self.git("show", f"{branch}:{path}", at=self.root / f"{name}.git") + "\n"

    def ours(self, name: str, *, branch: str = "main") -> list[str]:
        """What the commits of promote on a branch carry, newest first."""
        log = self.git("log", "-z", "--format=%B", branch, at=self.root / f"{name}.git")
        carried = [each for message in log.split("\0") for each in parse(message)]
        return [f"{each.environment} {each.app} {each.new}" for each in carried]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return Ground(tmp_path)


@pytest.fixture
def gitops(ground: Ground) -> str:
    return ground.repository("gitops", {"promote.yaml": CONFIG, **FILES})


@dataclass
class Wrapped:
    """A remote that lets something happen before or after a push."""

    remote: Remote
    before: list[Callable[[], None]] = field(default_factory=list)
    after: list[Callable[[], None]] = field(default_factory=list)
    lost: int = 0

    def until(self, moment: float) -> AbstractContextManager[None]:
        return self.remote.until(moment)

    def refresh(self, place: Place) -> Tree | None:
        return self.remote.refresh(place)

    def arrived(self, place: Place, sent: Sent) -> tuple[str, ...] | None:
        return self.remote.arrived(place, sent)

    def commit(self, place: Place, *, parent: str, worded: Sequence[WordedStep]) -> tuple[str, ...]:
        return self.remote.commit(place, parent=parent, worded=worded)

    def keep(self, place: Place, oid: str, *, base: Place) -> str:
        return self.remote.keep(place, oid, base=base)

    def carried(self, place: Place) -> frozenset[tuple[str, str, str]]:
        return self.remote.carried(place)

    def land(
        self, place: Place, *, parent: str, expected: str | None, worded: Sequence[WordedStep]
    ) -> Landed | Beaten | Unclear:
        if self.before:
            self.before.pop(0)()
        came = self.remote.land(place, parent=parent, expected=expected, worded=worded)
        if self.after:
            self.after.pop(0)()
        return came


@contextmanager
def opened(ground: Ground, where: Where, clock: FakeClock | None = None) -> Iterator[Session]:
    with open_session(where, environ=ground.environ, clock=clock or FakeClock()) as session:
        yield session


def at(repo: str) -> Where:
    return Where(Path("/"), repo=repo)


def wish(environment: str = "dev", **tags: str) -> Set:
    return Set(environment, tuple((app, Version(tag)) for app, tag in tags.items()))


def wrapping(monkeypatch: pytest.MonkeyPatch, make: Callable[[Remote], Remote]) -> None:
    """Every delivery goes through `make`'s remote."""
    real = publish
    monkeypatch.setattr(
        publishing,
        "publish",
        lambda look, decide, gather, remote, clock, terms: real(look, decide, gather, make(remote), clock, terms),
    )


def told(done: Delivery) -> list[str]:
    plan = done.plan
    out = [f"{each.environment} {each.app} {each.new}" for each in plan.changes]
    out += [f"{each.environment} {each.app} {each.code}" for each in plan.skips]
    out += [f"{each.environment} {each.app} {each.code}" for each in plan.refusals]
    return out + [f"{each.environment} {each.app} {each.code} {each.exit_code}" for each in plan.failures]


def test_a_change_lands_and_a_second_run_does_nothing(ground: Ground, gitops: str) -> None:
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    path = "envs/dev/web/kustomization.yaml"
    assert ground.show("gitops", path) == FILES[path].replace("1.0.0", "1.1.0")
    assert (told(done), len(done.commits), done.attempts) == (["dev web 1.1.0"], 1, 1)
    assert ground.ours("gitops") == ["dev web 1.1.0"]
    with opened(ground, at(gitops)) as session:
        again = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (told(again), again.commits) == (["dev web already"], ())
    assert exit_code(again.plan, named=["web"], tell_changes=True) == 0


def test_beaten_it_plans_again_and_both_land(ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch) -> None:
    other = {"envs/dev/api/kustomization.yaml": entry("registry.example.com/acme/api", "2.0.0")}
    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[lambda: ground.push("gitops", other)]))
    clock = FakeClock()
    with opened(ground, at(gitops), clock) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (told(done), done.attempts, len(clock.slept)) == (["dev web 1.1.0"], 2, 1)
    assert "2.0.0" in ground.show("gitops", "envs/dev/api/kustomization.yaml")
    assert "1.1.0" in ground.show("gitops", "envs/dev/web/kustomization.yaml")


def test_the_pauses_grow_with_each_time_that_somebody_was_faster(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = iter(range(5))
    others = [lambda: ground.push("gitops", {"other.txt": f"{next(turns)}\n"})] * 5
    real = publish
    monkeypatch.setattr(
        publishing,
        "publish",
        lambda look, decide, gather, remote, clock, terms: real(
            look, decide, gather, Wrapped(remote, before=others), clock, replace(terms, jitter=lambda: 1.0)
        ),
    )
    clock = FakeClock()
    with opened(ground, at(gitops), clock) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (told(done), done.attempts) == (["dev web 1.1.0"], 6)
    assert clock.slept == pytest.approx([0.1, 0.3, 0.9, 2.7, 5.0])


OVERRIDDEN = f"""version: 1
apps:
  web: {{image: {WEB}}}
  api: {{image: registry.example.com/acme/api}}
environments:
  dev: {{path: [base, envs/dev], override: envs/dev/own.yaml}}
  test: {{path: [base, envs/test]}}
"""


@pytest.mark.parametrize(
    ("theirs", "told_of", "file"),
    [
        # Theirs is kept, and ours goes into it.
        ({"api": "2.0.0"}, "dev web 1.1.0", 'api:\n  tag: "2.0.0"\nweb:\n  tag: 1.1.0\n'),
        # By now the place is dev's own, and has what was wanted.
        ({"web": "1.1.0"}, "dev web already", 'web:\n  tag: "1.1.0"\n'),
    ],
)
def test_3_2_two_runs_that_make_the_same_override_lose_nothing(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, theirs: dict[str, str], told_of: str, file: str
) -> None:
    base = "".join(f"{app}: {{repository: registry.example.com/acme/{app}, tag: 1.0.0}}\n" for app in ("web", "api"))
    url = ground.repository("gitops", {"promote.yaml": OVERRIDDEN, "base/values.yaml": base})
    made = "".join(f'{app}:\n  tag: "{tag}"\n' for app, tag in theirs.items())
    other = {"envs/dev/own.yaml": made}
    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[lambda: ground.push("gitops", other)]))
    with opened(ground, at(url)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert told(done) == [told_of]
    assert ground.show("gitops", "envs/dev/own.yaml") == file
    assert ground.show("gitops", "base/values.yaml") == base


@pytest.mark.parametrize(("theirs", "outcome"), [("1.1.0", "already"), ("1.2.0", "overtaken")])
def test_4_3_overtaken_and_already(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch, theirs: str, outcome: str
) -> None:
    files = {"envs/dev/web/kustomization.yaml": entry(WEB, theirs)}
    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[lambda: ground.push("gitops", files)]))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (told(done), done.commits) == ([f"dev web {outcome}"], ())
    assert exit_code(done.plan, named=["web"], tell_changes=False) == 0
    assert ground.ours("gitops") == []


class Losing(Wrapped):
    """The push arrives, or does not, and its answer is lost."""

    arrives = True
    refused = ""

    def land(
        self, place: Place, *, parent: str, expected: str | None, worded: Sequence[WordedStep]
    ) -> Landed | Beaten | Unclear:
        if self.lost == 0:
            return super().land(place, parent=parent, expected=expected, worded=worded)
        self.lost -= 1
        writer = self.remote
        remotes = writer.remotes  # type: ignore[attr-defined]
        store = remotes._store(place)
        *below, oid = writer.commit(place, parent=parent, worded=worded)
        if self.arrives:
            store.remote.output("push", "--quiet", "origin", f"{oid}:refs/heads/{place.branch}", remote=True)
        store.lost(place.branch, oid)
        for action in self.after:
            action()
        self.after = []
        return Unclear(oid, "the connection was cut", self.refused, tuple(below))


class Drowning(Losing):
    arrives = False


def test_a_lost_answer_followed_by_another_persons_newer_commit(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {"envs/dev/web/kustomization.yaml": entry(WEB, "1.3.0")}
    wrapping(monkeypatch, lambda remote: Losing(remote, lost=1, after=[lambda: ground.push("gitops", theirs)]))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert ground.show("gitops", "envs/dev/web/kustomization.yaml") == entry(WEB, "1.3.0")
    assert ground.ours("gitops") == ["dev web 1.1.0"]
    assert (told(done), [commit.pushed for commit in done.commits]) == (["dev web 1.1.0"], [True])


@pytest.mark.parametrize("arrives", [True, False])
def test_a_refusal_in_words_is_looked_behind_before_it_counts(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch, arrives: bool
) -> None:
    def make(remote: Remote) -> Losing:
        losing = (Losing if arrives else Drowning)(remote, lost=1)
        losing.refused = "https://h/x: the push was refused: remote: access denied; ask"
        return losing

    wrapping(monkeypatch, make)
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert done.attempts == 1
    if arrives:
        assert (told(done), ground.ours("gitops")) == (["dev web 1.1.0"], ["dev web 1.1.0"])
        return
    assert (told(done), ground.ours("gitops")) == (["dev web push-rejected 5"], [])
    assert done.plan.failures[0].reason == "https://h/x: the push was refused: remote: access denied; ask"


def test_a_lost_answer_of_a_push_that_never_arrived(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrapping(monkeypatch, lambda remote: Drowning(remote, lost=1))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (ground.ours("gitops"), done.attempts) == (["dev web 1.1.0"], 2)


def test_a_lost_answer_at_the_very_end_is_still_looked_for(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    wrapping(monkeypatch, lambda remote: Losing(remote, lost=1, after=[lambda: clock.advance(400)]))
    with opened(ground, at(gitops), clock) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How(timeout=300))
    assert told(done) == ["dev web 1.1.0"]
    assert len(done.commits) == 1


def test_push_timeout(ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch) -> None:
    tags = iter(range(1000))

    def faster() -> None:
        ground.push("gitops", {"other.txt": f"{next(tags)}\n"})

    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[faster] * 100))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How(timeout=1.0))
    assert told(done) == ["dev web push-timeout 5"]
    assert "within 1 s" in done.plan.failures[0].reason
    assert exit_code(done.plan, named=[], tell_changes=False) == 5


def two_places(ground: Ground) -> str:
    prod = ground.repository("prod", {"web/kustomization.yaml": entry(WEB, "1.0.0")})
    config = CONFIG.replace("environments:\n", f"environments:\n  prod: {{repo: {prod}, path: ., source: registry}}\n")
    config = config.replace(", source: none", "")
    layout = ground.root / "images" / "acme" / "web"
    write_layout(layout, {"1.0.0": "2026-01-01T00:00:00Z", "1.1.0": "2026-02-01T00:00:00Z"})
    config += f"registries: {{registry.example.com: {{layout: {ground.root / 'images'}}}}}\n"
    return ground.repository("gitops", {"promote.yaml": config, **FILES})


def test_two_places_of_which_one_rejects(ground: Ground) -> None:
    repo = two_places(ground)
    hook = ground.root / "prod.git" / "hooks" / "pre-receive"
    hook.write_text("#!/bin/sh\necho 'prod is closed' >&2\nexit 1\n")
    hook.chmod(0o755)
    with opened(ground, at(repo)) as session:
        done = session.deliver(Update(("dev", "prod"), ("web",)), Rules(), How())
    assert told(done) == ["dev web 1.1.0", "prod web push-rejected 5"]
    assert "prod is closed" in done.plan.failures[0].reason
    assert ground.ours("gitops") == ["dev web 1.1.0"]
    assert ground.ours("prod") == []
    assert exit_code(done.plan, named=[], tell_changes=True) == 5


def test_set_into_an_environment_of_another_repository_and_branch(ground: Ground) -> None:
    prod = ground.repository("prod", {"README": "nothing here\n"})
    ground.push("prod", {"web/kustomization.yaml": entry(WEB, "1.0.0")}, branch="live")
    config = CONFIG.replace("dev: {path: envs/dev", f"dev: {{repo: {prod}, branch: live, path: .")
    repo = ground.repository("gitops", {"promote.yaml": config, **FILES})
    with opened(ground, at(repo)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert [commit.place for commit in done.commits] == [Place(prod, "live")]
    assert ground.ours("prod", branch="live") == ["dev web 1.1.0"]
    assert ground.ours("gitops") == []


def test_6_2_a_source_in_another_repository_is_looked_at_again(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    lab = ground.repository("lab", {"web/kustomization.yaml": entry(WEB, "1.1.0")})
    config = CONFIG.replace("dev: {path: envs/dev", f"dev: {{repo: {lab}, path: .")
    repo = ground.repository("gitops", {"promote.yaml": config, **FILES})

    def both() -> None:
        ground.push("gitops", {"other.txt": "1\n"})
        ground.push("lab", {"web/kustomization.yaml": entry(WEB, "1.0.5")})

    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[both]))
    with opened(ground, at(repo)) as session:
        done = session.deliver(Promote("test", Sources(("dev",)), ("web",)), NO_LOOK, How())
    assert (told(done), done.commits) == (["test web source-moved"], ())


def test_3_2_a_sharer_in_the_same_other_repository_is_seen(ground: Ground) -> None:
    prod = ground.repository("prod", {"web/kustomization.yaml": entry(WEB, "1.0.0")})
    config = CONFIG.replace(
        "  dev: {path: envs/dev, source: none}\n",
        f"  dev: {{repo: {prod}, path: .}}\n  eu: {{repo: {prod}, path: .}}\n"
        f"  us: {{repo: {prod}, path: ., branch: us}}\n",
    )
    repo = ground.repository("gitops", {"promote.yaml": config, **FILES})
    with opened(ground, at(repo)) as session:
        plan = session.plan(wish(web="1.1.0"), NO_LOOK)
    assert [(each.code, "eu runs this place too" in each.reason) for each in plan.refusals] == [("shared-site", True)]


def test_a_fault_after_something_landed_does_not_hide_what_landed(
    ground: Ground, monkeypatch: pytest.MonkeyPatch
) -> None:
    repo = two_places(ground)

    def gone() -> None:
        ground.git("branch", "-D", "main", at=ground.root / "prod.git")

    wrapping(monkeypatch, lambda remote: Wrapped(remote, after=[gone]))
    with opened(ground, at(repo)) as session:
        done = session.deliver(Update(("dev", "prod"), ("web",)), Rules(), How())
    assert told(done)[0] == "dev web 1.1.0"
    assert [(each.app, each.exit_code) for each in done.plan.failures] == [("web", 5)]
    assert len(done.commits) == 1


def clone(ground: Ground) -> Where:
    return Where(ground.root / "gitops")


def test_11_4_no_push_keeps_the_commit(ground: Ground, gitops: str) -> None:
    tip = ground.git("rev-parse", "main", at=ground.root / "gitops.git")
    with opened(ground, clone(ground)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How(push=False))
    (commit,) = done.commits
    assert not commit.pushed
    assert ground.git("rev-parse", "refs/promote/main", at=ground.root / "gitops") == commit.oid
    assert ground.git("rev-parse", f"{commit.oid}^", at=ground.root / "gitops") == tip
    assert ground.git("rev-parse", "main", at=ground.root / "gitops.git") == tip
    assert ground.git("status", "--porcelain", at=ground.root / "gitops") == ""


def test_11_4_without_a_remote_there_is_only_write_only(ground: Ground, tmp_path: Path) -> None:
    folder = tmp_path / "alone"
    for name, text in {"promote.yaml": CONFIG, **FILES}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    with opened(ground, Where(folder)) as session:
        with pytest.raises(GitError):
            session.deliver(wish(web="1.1.0"), NO_LOOK, How())
        session.write(wish(web="1.1.0"), NO_LOOK)
    assert "1.1.0" in (folder / "envs/dev/web/kustomization.yaml").read_text()


def test_a_file_with_changes_of_the_users_own_is_refused_and_others_are_left_alone(ground: Ground, gitops: str) -> None:
    mine = ground.root / "gitops" / "envs/dev/web/kustomization.yaml"
    mine.write_text(entry(WEB, "0.9.0"))
    with opened(ground, clone(ground)) as session:
        with pytest.raises(Refused) as caught:
            session.deliver(wish(web="1.1.0"), NO_LOOK, How())
        assert "envs/dev/web/kustomization.yaml" in str(caught.value)
        assert ground.ours("gitops") == []
        session.deliver(wish(api="1.1.0"), NO_LOOK, How())
    assert ground.ours("gitops") == ["dev api 1.1.0"]
    assert mine.read_text() == entry(WEB, "0.9.0")


def test_a_message_that_does_not_render_stops_the_run_before_anything_is_sent(ground: Ground) -> None:
    repo = two_places(ground)
    with opened(ground, at(repo)) as session, pytest.raises(UsageError):
        # It renders for the first place, where it is one app's, and not for the second.
        session.deliver(Update(("dev", "prod")), Rules(), How(template="{{ {'dev': 'x'}[environment].upper() }}"))
    assert ground.ours("gitops") == []


@pytest.mark.parametrize(("key", "refused"), [("branch: main", False), ("branch: live", True)])
def test_write_only_edits_the_branch_that_is_checked_out_and_no_other(ground: Ground, key: str, refused: bool) -> None:
    config = CONFIG.replace("dev: {path: envs/dev", f"dev: {{{key}, path: envs/dev")
    ground.repository("gitops", {"promote.yaml": config, **FILES})
    with opened(ground, replace(clone(ground), files=True)) as session:
        assert list(session.estates(["dev", "test"])) == (["test"] if refused else ["dev", "test"])
        if refused:
            with pytest.raises(UsageError):
                session.write(wish(web="1.1.0"), NO_LOOK)
        else:
            session.write(wish(web="1.1.0"), NO_LOOK)
    written = (ground.root / "gitops" / "envs/dev/web/kustomization.yaml").read_text()
    assert ("1.1.0" in written) is not refused


def changes(*files: tuple[str, bytes, bytes]) -> Plan:
    made = tuple(FileChange(path.encode(), 0o100644, before, after, ()) for path, before, after in files)
    return Plan(steps=(Step(Place("", ""), (), made),))


def test_write_files_keeps_the_mode(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"old\r\n")
    (tmp_path / "a.yaml").chmod(0o750)
    write_files(tmp_path, changes(("a.yaml", b"old\r\n", b"new\r\n")))
    assert (tmp_path / "a.yaml").read_bytes() == b"new\r\n"
    assert stat.S_IMODE((tmp_path / "a.yaml").stat().st_mode) == 0o750


def test_write_files_takes_the_last_of_several_steps(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"1")
    first, second = changes(("a.yaml", b"1", b"2")), changes(("a.yaml", b"2", b"3"))
    write_files(tmp_path, Plan(steps=first.steps + second.steps))
    assert (tmp_path / "a.yaml").read_bytes() == b"3"


@pytest.mark.parametrize("how", ["changed", "link", "gone", "folder"])
def test_write_files_writes_nothing_when_one_is_refused(tmp_path: Path, how: str) -> None:
    (tmp_path / "a.yaml").write_bytes(b"old")
    odd = tmp_path / "b.yaml"
    if how == "changed":
        odd.write_bytes(b"another")
    elif how == "link":
        odd.symlink_to("c.yaml")
        (tmp_path / "c.yaml").write_bytes(b"old")
    elif how == "folder":
        odd.mkdir()
    with pytest.raises(Refused):
        write_files(tmp_path, changes(("a.yaml", b"old", b"new"), ("b.yaml", b"old", b"new")))
    assert (tmp_path / "a.yaml").read_bytes() == b"old"
    assert {path.name for path in tmp_path.iterdir()} <= {"a.yaml", "b.yaml", "c.yaml"}


def test_write_files_says_what_to_do_where_a_file_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"old")
    (tmp_path / ".a.yaml.promote-new").mkdir()
    with pytest.raises(Refused, match=r"a.yaml: cannot be written .*; see that there is room and that it may be"):
        write_files(tmp_path, changes(("a.yaml", b"old", b"new")))
    assert (tmp_path / "a.yaml").read_bytes() == b"old"


def test_write_files_puts_back_what_was_written_where_a_later_file_cannot_be_moved(tmp_path: Path) -> None:
    """A file that was a mount point of its own left half of the run written, as a fault of promote's own."""
    (tmp_path / "a.yaml").write_bytes(b"old")
    # The folder that the last file needs stands where the one before it is to go.
    new = tuple(FileChange(path, 0o100644, None, b"1", ()) for path in (b"d", b"d/e.yaml"))
    plan = Plan(steps=(*changes(("a.yaml", b"old", b"new")).steps, Step(Place("", ""), (), new)))
    with pytest.raises(Refused, match="d: cannot be written"):
        write_files(tmp_path, plan)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"a.yaml": b"old"}


@pytest.mark.parametrize("how", ["", "there", "refused"])
def test_write_files_makes_a_new_file_and_its_folders_or_nothing(tmp_path: Path, how: str) -> None:
    """An override that had to be made could not be written with --write-only."""
    (tmp_path / "a.yaml").write_bytes(b"old")
    made = Plan(
        steps=(
            Step(Place("", ""), (), (FileChange(b"new/x/b.yaml", 0o100644, None, b"1", ()),)),
            *changes(("a.yaml", b"other" if how == "refused" else b"old", b"2")).steps,
        )
    )
    if how == "there":
        (tmp_path / "new/x").mkdir(parents=True)
        (tmp_path / "new/x/b.yaml").symlink_to("nowhere")
    if not how:
        write_files(tmp_path, made)
        assert (tmp_path / "new/x/b.yaml").read_bytes() == b"1"
        assert (tmp_path / "a.yaml").read_bytes() == b"2"
        return
    with pytest.raises(Refused):
        write_files(tmp_path, made)
    assert (tmp_path / "a.yaml").read_bytes() == b"old"
    left = ["a.yaml", "b.yaml", "new", "x"] if how == "there" else ["a.yaml"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == left


@pytest.mark.parametrize("is_served", [True, False], ids=["slow", "gone"])
def test_push_timeout_bounds_a_push_whose_hook_sleeps(ground: Ground, gitops: str, is_served: bool) -> None:
    hook = ground.root / "gitops.git" / "hooks" / "pre-receive"
    hook.write_text(f"#!/bin/sh\n{'' if is_served else 'mv ../gitops.git ../gone.git; '}sleep 40\n")
    hook.chmod(0o755)
    began = time.monotonic()
    with open_session(at(gitops), environ=ground.environ, clock=SystemClock()) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How(timeout=0.5))
    assert time.monotonic() - began < 20
    [failure] = done.plan.failures
    assert (failure.code, failure.exit_code) == ("push-timeout" if is_served else "remote-denied", 5)
    assert "whether it arrived could not be told" in failure.reason
    assert not is_served or "git did not end in time" in failure.reason


def test_push_timeout_bounds_what_is_read(ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "_SHORTEST_EXCHANGE", 0.2)
    began = time.monotonic()
    with GitHttp(ground.root) as server, opened(ground, at(server.url("gitops.git"))) as session:
        server.schedule = lambda method, target: Fault("", stall=30.0)
        with pytest.raises(RemoteUnreachable, match="git did not end in time"):
            session.deliver(wish(web="1.1.0"), NO_LOOK, How(timeout=0.5))
    assert time.monotonic() - began < 15


@pytest.mark.parametrize(
    "fault", [Fault("git-upload-pack", status=503), Fault("git-upload-pack", cut="before")], ids=["503", "cut"]
)
@pytest.mark.parametrize("is_back", [True, False], ids=["passes", "stays"])
def test_files_of_a_second_plan_are_asked_for_again(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, fault: Fault, is_back: bool
) -> None:
    # A server takes what is at the old tip for known, wherever it was: so what was moved has to be asked for.
    moved = f"image: {WEB}:1.0.0 # moved\n"
    ground.repository("gitops", {"promote.yaml": CONFIG, **FILES, "old/values.yaml": moved})
    for key, value in (("http.receivepack", "true"), ("pack.useSparse", "false")):
        ground.git("config", key, value, at=ground.root / "gitops.git")
    failed: list[str] = []
    with GitHttp(ground.root) as server:

        class Failing(Wrapped):
            """What is asked for after the first refresh fails: twice, or for ever."""

            def refresh(self, place: Place) -> Tree | None:
                seen = super().refresh(place)
                server.schedule = fails
                return seen

        def fails(method: str, target: str) -> Fault | None:
            if not target.endswith(fault.path) or method != "POST" or (is_back and len(failed) == 4):
                return None
            failed.append(target)
            return fault

        def beaten() -> None:
            ground.push("gitops", {"envs/dev/web/values.yaml": moved})

        wrapping(monkeypatch, lambda remote: Failing(remote, before=[beaten]))
        with opened(ground, at(server.url("gitops.git"))) as session:
            done = session.deliver(wish(web="1.1.0"), NO_LOOK, How(timeout=30.0))
    assert failed
    if is_back:
        assert set(told(done)) == {"dev web 1.1.0"}
        assert ground.show("gitops", "envs/dev/web/values.yaml") == moved.replace("1.0.0", "1.1.0")
        return
    assert told(done) == ["dev web push-timeout 5"]
    assert done.plan.failures[0].reason.startswith("the files could not be read again within 30 s: http://127.0.0.1")


def test_a_denied_remote_is_not_asked_until_the_deadline(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def revoked() -> None:
        ground.push("gitops", {"other.txt": "1\n"})

    def gone() -> None:
        (ground.root / "gitops.git").rename(ground.root / "elsewhere.git")

    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[revoked], after=[gone]))
    clock = FakeClock()
    with opened(ground, at(gitops), clock) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (told(done), len(clock.slept)) == (["dev web remote-denied 5"], 1)
    assert "does not appear to be a git repository" in done.plan.failures[0].reason


class Unreachable(Wrapped):
    """From the first push on nothing can be fetched."""

    def refresh(self, place: Place) -> Tree | None:
        raise RemoteUnreachable("the line is dead", where=place.repo)


def test_the_loops_end_tells_the_last_reason(ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch) -> None:
    wrapping(monkeypatch, lambda remote: Unreachable(Drowning(remote, lost=1)))
    with opened(ground, at(gitops)) as session:
        ground.push("gitops", {"other.txt": "1\n"})
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How(timeout=1.0))
    assert told(done) == ["dev web push-timeout 5"]
    assert "(last: the connection was cut)" in done.plan.failures[0].reason or "(last: the line is dead)" in (
        done.plan.failures[0].reason
    )


@pytest.mark.parametrize("how", ["gone", "unreachable"])
def test_6_2_a_source_that_cannot_be_read_again_is_a_failure(
    ground: Ground, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    lab = ground.repository("lab", {"web/kustomization.yaml": entry(WEB, "1.1.0")})
    config = CONFIG.replace("dev: {path: envs/dev", f"dev: {{repo: {lab}, path: .")
    repo = ground.repository("gitops", {"promote.yaml": config, **FILES})

    class Cut(Wrapped):
        def refresh(self, place: Place) -> Tree | None:
            if how == "unreachable" and place.repo == lab:
                raise RemoteUnreachable("the line is dead", where=place.repo)
            return super().refresh(place)

    def beaten() -> None:
        ground.push("gitops", {"other.txt": "1\n"})
        if how == "gone":
            (ground.root / "lab.git").rename(ground.root / "elsewhere.git")

    wrapping(monkeypatch, lambda remote: Cut(remote, before=[beaten]))
    with opened(ground, at(repo)) as session:
        done = session.deliver(Promote("test", Sources(("dev",)), ("web",)), NO_LOOK, How())
    assert (told(done), done.commits) == (["test web source-unread 5"], ())
    assert ground.ours("gitops") == []


def test_11_4_a_second_no_push_does_not_lose_the_first(ground: Ground, gitops: str) -> None:
    with opened(ground, clone(ground)) as session:
        first = session.deliver(wish(web="1.1.0"), NO_LOOK, How(push=False)).commits[0].oid
    with (
        opened(ground, clone(ground)) as session,
        pytest.raises(GitError, match=r"would be lost; push it .* or drop it"),
    ):
        session.deliver(wish(api="1.1.0"), NO_LOOK, How(push=False))
    at_clone = ground.root / "gitops"
    assert ground.git("rev-parse", "refs/promote/main", at=at_clone) == first
    # Once the branch has it, the next one takes its place.
    ground.git("push", "--quiet", "origin", "refs/promote/main:main", at=at_clone)
    with opened(ground, clone(ground)) as session:
        second = session.deliver(wish(api="1.1.0"), NO_LOOK, How(push=False)).commits[0].oid
    assert ground.git("rev-parse", "refs/promote/main", f"{second}^", at=at_clone).split() == [second, first]


def test_11_4_no_push_may_be_done_again(ground: Ground, gitops: str) -> None:
    """A run that was killed after its commit was kept could not be repeated: it was told that it would lose its own."""
    clock = FakeClock()
    kept = []
    for _ in range(2):
        with opened(ground, clone(ground), clock) as session:
            kept.append(session.deliver(wish(web="1.1.0"), NO_LOOK, How(push=False)).commits[0].oid)
        clock.advance(5)
    assert kept[0] != kept[1]
    assert ground.git("rev-parse", "refs/promote/main", at=ground.root / "gitops") == kept[1]
    # The same files by another way are not the same again.
    mine = ground.git("commit-tree", f"{kept[1]}^{{tree}}", "-p", kept[1], "-m", "more", at=ground.root / "gitops")
    ground.git("update-ref", "refs/promote/main", mine, at=ground.root / "gitops")
    with opened(ground, clone(ground), clock) as session, pytest.raises(GitError, match="would be lost"):
        session.deliver(wish(web="1.1.0"), NO_LOOK, How(push=False))


def test_11_4_no_push_keeps_a_chain_of_commits_whole(ground: Ground) -> None:
    newer = {name: text.replace("1.0.0", "1.1.0") for name, text in FILES.items() if "/dev/" in name}
    ground.repository("gitops", {"promote.yaml": CONFIG + "commit: {group: app}\n", **FILES, **newer})
    with opened(ground, clone(ground)) as session:
        both = Promote("test", Sources(("dev",)), ("web", "api"))
        done = session.deliver(both, replace(NO_LOOK, group="app"), How(push=False))
    assert (told(done), len(done.commits)) == (["test web 1.1.0", "test api 1.1.0"], 2)
    ground.git("fsck", "--strict", "--connectivity-only", at=ground.root / "gitops")


@pytest.mark.parametrize("where", ["branch", "default", "option"])
def test_10_1_promote_yaml_is_the_default_branchs_also_with_branch(ground: Ground, gitops: str, where: str) -> None:
    evil = CONFIG.replace("envs/dev", "envs/x").replace("envs/test", "envs/dev").replace("envs/x", "envs/test")
    ground.push("gitops", {"promote.yaml": evil}, branch="feature")
    config = None
    if where == "option":
        config = ground.root / "mine.yaml"
        config.write_text(evil)
    branch = None if where == "default" else "feature"
    with opened(ground, replace(at(gitops), branch=branch, config=config)) as session:
        session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    name = "test" if where == "option" else "dev"
    assert "1.1.0" in ground.show("gitops", f"envs/{name}/web/kustomization.yaml", branch=branch or "main")


@pytest.mark.parametrize("folder", [".", "envs/dev"])
def test_a_relative_repo_starts_at_the_root_of_the_clone(ground: Ground, folder: str) -> None:
    prod = ground.repository("prod", {"web/kustomization.yaml": entry(WEB, "1.0.0")})
    config = CONFIG.replace("environments:\n", "environments:\n  prod: {repo: ../prod.git, path: ., source: none}\n")
    ground.repository("gitops", {"promote.yaml": config, **FILES})
    with opened(ground, Where(ground.root / "gitops" / folder)) as session:
        assert session.estates(["prod"])["prod"].place == Place(prod, "main")


def test_one_repository_in_two_spellings_is_one_place(ground: Ground) -> None:
    prod = ground.repository("prod", {"web/kustomization.yaml": entry(WEB, "1.0.0")})
    other = prod.replace("/prod.git", "/x/../prod.git/")
    config = CONFIG.replace(
        "  dev: {path: envs/dev, source: none}\n",
        f"  dev: {{repo: {prod}, path: .}}\n  eu: {{repo: '{other}', path: .}}\n",
    )
    repo = ground.repository("gitops", {"promote.yaml": config, **FILES})
    with opened(ground, at(repo)) as session:
        plan = session.plan(wish(web="1.1.0"), NO_LOOK)
    assert [each.code for each in plan.refusals] == ["shared-site"]


@pytest.mark.parametrize("how", ["left", "alive"])
def test_write_files_takes_what_a_killed_run_left_and_not_what_a_live_one_makes(tmp_path: Path, how: str) -> None:
    """A killed run left a hidden file beside each file that it was about to write, and the next one added its own."""
    (tmp_path / "a.yaml").write_bytes(b"old")
    half = tmp_path / ".a.yaml.promote-new"
    half.write_bytes(b"ne")
    with half.open("rb") as file:
        if how == "alive":
            fcntl.flock(file, fcntl.LOCK_EX)
            with pytest.raises(Refused, match="another run is just writing this file"):
                write_files(tmp_path, changes(("a.yaml", b"old", b"new")))
        else:
            write_files(tmp_path, changes(("a.yaml", b"old", b"new")))
    left = {"a.yaml": b"old", half.name: b"ne"} if how == "alive" else {"a.yaml": b"new"}
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == left


def hold(*apps: str) -> Hold:
    return Hold("dev", apps, Version("1.1.0"), "it fails", None, "Ann <ann@example.com>")


HOLDS = ".promote/holds/dev.yaml"


def test_8_3_of_two_who_hold_back_at_once_neither_is_lost(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {HOLDS: "holds:\n  - {app: api, version: 9.9.9}   # theirs\n"}
    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[lambda: ground.push("gitops", theirs)]))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(hold("web"), NO_LOOK, How())
    assert ([each.app for each in done.plan.holds], len(done.commits), done.attempts) == (["web"], 1, 2)
    assert ground.show("gitops", HOLDS).startswith(f"{theirs[HOLDS]}  - app: web\n    version: 1.1.0\n")


def test_8_3_a_hold_that_comes_while_a_run_is_under_way_stops_it(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {HOLDS: "holds:\n- {app: web, version: 1.1.0}\n"}
    wrapping(monkeypatch, lambda remote: Wrapped(remote, before=[lambda: ground.push("gitops", theirs)]))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(wish(web="1.1.0"), NO_LOOK, How())
    assert (told(done), done.commits) == (["dev web held"], ())
    assert ground.ours("gitops") == []


def test_8_3_a_hold_whose_answer_is_lost_stands_there_once(
    ground: Ground, gitops: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs = {"other.txt": "1\n"}
    wrapping(monkeypatch, lambda remote: Losing(remote, lost=1, after=[lambda: ground.push("gitops", theirs)]))
    with opened(ground, at(gitops)) as session:
        done = session.deliver(hold("web"), NO_LOOK, How())
    assert ([each.app for each in done.plan.holds], len(done.commits)) == (["web"], 1)
    assert ground.show("gitops", HOLDS).count("- app") == 1
