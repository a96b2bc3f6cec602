"""Pipelines from the command line to real servers: `auto` over several runs, shards, `wait`, gates that close again."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from promote.api import Where, open_session
from promote.cli.auto import _shard
from promote.errors import UsageError
from promote.forge.kinds import TOKEN
from promote.report import text
from tests.clock import FakeClock
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, web_line
from tests.e2e.program import Inside, Program
from tests.e2e.proposing import PROD, Scene
from tests.estate.building import kustomization
from tests.forge.conftest import ADAPTERS
from tests.servers.forge.bitbucket import Bitbucket
from tests.servers.forge.github import GitHub
from tests.servers.forge.state import State, Status
from tests.servers.githttp import Fault
from tests.servers.proxy import Fault as Answer
from tests.servers.proxy import FaultyProxy, faulty_proxy, says
from tests.servers.registry import RunningRegistry


@pytest.fixture
def cluster() -> Iterator[FaultyProxy]:
    """What tells whether an application is well: it answers as `faults` say."""
    with faulty_proxy("127.0.0.1:1") as made:
        yield made


def answers(cluster: FaultyProxy, *faults: Answer, last: Answer) -> None:
    """One answer after the other, and the last one for ever."""
    cluster.faults[:] = [("", fault, 1) for fault in faults] + [("", last, 1_000)]


# auto.


def chain(host: str, *, auto: str = "dev test prod") -> str:
    said = {name: ", auto: true" if name in auto else "" for name in ("dev", "test", "prod")}
    return f"""\
version: 1
apps:
  web: {{image: {host}/acme/web, policy: {{semver: "^1.4"}}}}
environments:
  dev: {{path: dev{said["dev"]}}}
  test: {{path: test, from: dev, gates: [{{soak: 24h}}]{said["test"]}}}
  prod: {{path: prod, from: test, gates: [{{soak: 24h}}]{said["prod"]}}}
"""


def place(name: str) -> str:
    return f"{name}/kustomization.yaml"


@pytest.fixture
def lane(create: Create, registry: RunningRegistry) -> Gitops:
    said = kustomization(f"{registry.host}/acme/web", OLD_WEB).encode()
    return create(
        {"promote.yaml": chain(registry.host).encode(), **{place(name): said for name in ("dev", "test", "prod")}}
    )


def older(repository: Gitops, by: timedelta) -> None:
    """The newest commit, as if it had been made so long ago."""
    then = int(time.time() - by.total_seconds())
    raw = repository.raw("cat-file", "commit", "main")
    raw = re.sub(rb"(?m)^(committer .*> )[0-9]+", rb"\g<1>%d" % then, raw, count=1)
    oid = repository.git("hash-object", "-t", "commit", "-w", "--stdin", stdin=raw)
    repository.git("update-ref", "refs/heads/main", oid)


def running(repository: Gitops) -> list[str]:
    tree = repository.tree()
    return [re.findall(rb"newTag: (.*)", tree[place(name)])[0].decode() for name in ("dev", "test", "prod")]


def test_6_2_auto_takes_a_version_one_hop_further_once_it_has_soaked(lane: Gitops, inside: Inside) -> None:
    seen = []
    for _ in range(3):
        done = inside.ok("auto", "--repo", lane.url)
        assert f"{OLD_WEB} → {NEW_WEB}" in done.stdout
        seen.append(running(lane))
        # It waits at the next gate: no word is said of that, and nothing is written, unless somebody asks.
        refs = lane.refs()
        assert inside.ok("auto", "--repo", lane.url).output == ""
        assert lane.refs() == refs
        older(lane, timedelta(hours=25))
    assert seen == [[NEW_WEB, OLD_WEB, OLD_WEB], [NEW_WEB, NEW_WEB, OLD_WEB], [NEW_WEB, NEW_WEB, NEW_WEB]]
    assert "Promote-From: test" in lane.trailers()
    assert inside.ok("auto", "--repo", lane.url).output == ""


def test_what_waits_in_auto_is_told_in_json_and_to_who_asks(lane: Gitops, inside: Inside) -> None:
    inside.ok("auto", "--repo", lane.url)
    [waiting] = inside.ok("auto", "--repo", lane.url, "-o", "json").document["refused"]
    assert (waiting["environment"], waiting["code"], waiting["gate"]) == ("test", "waiting", "soak")
    assert waiting["until"]
    told = inside.ok("auto", "--repo", lane.url, "-v").stderr
    assert f"Z: {NEW_WEB} stays out: soak: live in dev for " in told
    # Who names the app has asked for it.
    assert inside("auto", "--app", "web", "--repo", lane.url).code == 3


@pytest.mark.parametrize(
    ("words", "auto", "why"),
    [
        ((), "", "no environment has `auto: true`"),
        (("prod",), "dev test", "prod has no `auto: true`"),
        (("--shard", "4/3"), "dev", "there is no part 4 of 3"),
        (("--skip-gate", "soak", "--reason", "x"), "test", "No such option"),
        (("--allow-downgrade",), "test", "No such option"),
    ],
)
def test_6_6_what_auto_refuses(
    lane: Gitops, inside: Inside, registry: RunningRegistry, words: tuple[str, ...], auto: str, why: str
) -> None:
    lane.commit({"promote.yaml": chain(registry.host, auto=auto).encode()})
    refs = lane.refs()
    done = inside("auto", *words, "--repo", lane.url)
    assert (done.code, why in done.stderr, lane.refs()) == (2, True, refs), done


def test_5_1_auto_leaves_to_set_what_only_set_feeds(lane: Gitops, inside: Inside, registry: RunningRegistry) -> None:
    config = f"""\
version: 1
apps: {{web: {{image: {registry.host}/acme/web, policy: {{semver: "^1.4"}}}}}}
defaults: {{auto: true}}
environments: {{dev: {{path: dev, source: none}}, test: {{path: test, from: dev}}}}
"""
    lane.commit({"promote.yaml": config.encode()})
    refs = lane.refs()
    done = inside("auto", "dev", "--repo", lane.url)
    assert (done.code, "dev is fed by `set` alone" in done.stderr) == (2, True), done
    inside.ok("auto", "--repo", lane.url)
    assert lane.refs() == refs, "what the registry has does not come in"


@pytest.mark.parametrize(
    ("gates", "words", "why"),
    [
        ("{soak: 24h, locked: true}", ("--skip-gate", "soak", "--reason", "x"), "the gate 'soak' is locked"),
        ("{soak: 24h}", ("--skip-gate", "soak"), "--skip-gate needs --reason"),
        ("{soak: 24h}", ("--skip-gate", "window", "--reason", "x"), "there is no gate 'window' to skip here"),
        ("{soak: 24h}", ("--skip-gate", "from", "--reason", "x"), "there is no gate 'from' to skip here"),
        ("{soak: 24h}", ("--skip-gate", "soak", "--reason", "INC-7"), ""),
    ],
)
def test_6_7_who_skips_a_gate_says_why_and_skips_no_locked_one(
    lane: Gitops, registry: RunningRegistry, inside: Inside, gates: str, words: tuple[str, ...], why: str
) -> None:
    newer = kustomization(f"{registry.host}/acme/web", NEW_WEB).encode()
    config = chain(registry.host).replace("{soak: 24h}", gates, 1)
    lane.commit({"promote.yaml": config.encode(), place("dev"): newer})
    refs = lane.refs()
    done = inside("to", "test", *words, "--repo", lane.url)
    assert (done.code, why in done.stderr, lane.refs() == refs) == (2 if why else 0, True, bool(why)), done
    if not why:
        assert "Promote-Skipped-Gate: soak: INC-7" in lane.trailers()


@pytest.mark.parametrize(
    ("given", "environ", "expected"),
    [
        ("", {}, None),
        ("3", {}, None),
        ("0/4", {}, None),
        ("5/4", {}, None),
        ("1/0", {}, None),
        ("-1/4", {}, None),
        ("1/4/2", {}, None),
        ("auto/4", {}, None),
        ("auto", {"JOB_COMPLETION_INDEX": "0"}, None),
        ("auto/4", {"JOB_COMPLETION_INDEX": "4"}, None),
        ("auto/4", {"JOB_COMPLETION_INDEX": "x"}, None),
        ("auto", {"CI_NODE_INDEX": "1"}, None),
        ("auto", {"CI_NODE_INDEX": "0", "CI_NODE_TOTAL": "4"}, None),
        ("auto", {"CI_NODE_INDEX": "5", "CI_NODE_TOTAL": "4"}, None),
        (None, {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}, (0, 1)),
        ("1/1", {}, (0, 1)),
        ("1/4", {}, (0, 4)),
        ("4/4", {}, (3, 4)),
        ("auto/4", {"JOB_COMPLETION_INDEX": "0"}, (0, 4)),
        ("auto/4", {"JOB_COMPLETION_INDEX": "3"}, (3, 4)),
        ("auto", {"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "4"}, (0, 4)),
        ("auto", {"CI_NODE_INDEX": "4", "CI_NODE_TOTAL": "4"}, (3, 4)),
        ("auto/2", {"CI_NODE_INDEX": "2", "CI_NODE_TOTAL": "4"}, (1, 2)),
    ],
)
def test_which_shard_this_is(given: str | None, environ: Mapping[str, str], expected: tuple[int, int] | None) -> None:
    if expected is not None:
        assert _shard(given, environ) == expected
        return
    with pytest.raises(UsageError, match="--shard"):
        _shard(given, environ)


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({"JOB_COMPLETION_INDEX": "x"}, "'x' in $JOB_COMPLETION_INDEX"),
        ({"CI_NODE_INDEX": "x", "CI_NODE_TOTAL": "4"}, "'x' in $CI_NODE_INDEX"),
        ({"CI_NODE_INDEX": "1", "CI_NODE_TOTAL": "1/2"}, "'1/2' in $CI_NODE_TOTAL"),
    ],
)
def test_the_variable_that_tells_no_shard_is_named(environ: Mapping[str, str], named: str) -> None:
    with pytest.raises(UsageError) as caught:
        _shard("auto", environ)
    assert named in str(caught.value)


def test_three_shards_at_once_do_what_one_run_does(create: Create, promote: Program, inside: Inside) -> None:
    apps = [f"app{number}" for number in range(9)]
    said = "".join(f"  {app}: {{image: example.com/{app}}}\n" for app in apps)
    config = f"version: 1\napps:\n{said}environments:\n  dev: {{path: dev}}\n"
    content = {"promote.yaml": f"{config}  test: {{path: test, from: dev, auto: true}}\n".encode()}
    for name, tag in (("dev", "2.0.0"), ("test", "1.0.0")):
        images = "".join(f"- name: example.com/{app}\n  newTag: {tag}\n" for app in apps)
        content[place(name)] = f"images:\n{images}".encode()
    one, many = create(content, "one.git"), create(content, "many.git")
    words = ("--no-verify-tag", "--repo")
    inside.ok("auto", *words, one.url)
    shards = [
        promote.start("auto", "--shard", "auto/3", *words, many.url, env={"JOB_COMPLETION_INDEX": str(number)})
        for number in range(3)
    ]
    ended = [(child.communicate(timeout=120), child.returncode) for child in shards]
    assert [code for _, code in ended] == [0] * 3, ended
    assert many.tree() == one.tree()
    assert b"newTag: 1.0.0" not in many.tree()[place("test")]
    assert len(many.commits()) == 4


# wait.

OLD, NEW = says(b'{"version": "%s"}' % OLD_WEB.encode()), says(b'{"version": "%s"}' % NEW_WEB.encode())
SMOKE = "{run: sh smoke.sh}"


def verifying(repository: Gitops, host: str, *checks: str, more: str = "", top: str = "") -> str:
    """Dev is verified so from now on; what the branch is at then."""
    said = f"path: dev, verify: [{', '.join(checks)}]{more}"
    config = chain(host).replace("path: dev, auto: true", said if checks else f"path: dev{more}")
    repository.commit({"promote.yaml": f"{config}{top}".encode(), "smoke.sh": b'echo "$PROMOTE_TAG is fine"\n'})
    return repository.refs()


def health(cluster: FaultyProxy) -> str:
    return f'{{http: {{url: "http://127.0.0.1:{cluster.port}/{{app}}", json: version, equals: "{{tag}}"}}}}'


class Story(FakeClock):
    """A clock by which the next thing happens whenever somebody sleeps."""

    def __init__(self, *events: Callable[[], object]) -> None:
        super().__init__()
        self.events = list(events)

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        if self.events:
            self.events.pop(0)()


def test_wait_follows_the_branch_until_every_check_passes(
    lane: Gitops, registry: RunningRegistry, cluster: FaultyProxy, environ: Mapping[str, str], tmp_path: Path
) -> None:
    newer = kustomization(f"{registry.host}/acme/web", NEW_WEB).encode()
    told: list[str] = []
    with GitHub(State(lane.folder), "github") as forge:
        top = f"forge: {{kind: github, url: {forge.project.url}, project: {forge.project.path}}}\n"
        verifying(lane, registry.host, health(cluster), SMOKE, "{commit_status: e2e}", top=top)
        answers(cluster, OLD, OLD, OLD, last=NEW)

        def reports(state: str) -> None:
            forge.state.set_status(lane.tip(), Status("e2e", state, "", ""))

        def arrives() -> None:
            lane.commit({place("dev"): newer})
            # The next look at the branch has no answer.
            lane.server.faults.append(Fault("/info/refs", "GET", status=503))

        clock = Story(
            arrives,
            partial(reports, "pending"),
            partial(reports, "success"),
        )
        where = Where(tmp_path, lane.url)
        with open_session(where, environ={**environ, TOKEN: forge.token}, clock=clock, allow_run=True) as session:
            found = session.wait([("dev", "web")], seconds=600, tell=lambda each: told.append(text.progress(each)))
    assert (clock.events, lane.server.faults) == ([], [])
    assert text.verified(found) == [f"dev: web {NEW_WEB} verified"]
    before, still, then, last = told
    assert before.startswith("0 of 1 verified; web: commit_status: e2e is not there yet on commit ")
    assert still == before
    assert "version is 1.4.0, and should be 1.5.0" in then
    assert "e2e is pending" in then
    assert last == "1 of 1 verified"


@pytest.mark.parametrize(
    ("check", "words", "why"),
    [
        ("http", (), f"promote: dev: web {OLD_WEB} is not verified: http: "),
        ("run", (), f"promote: dev: web {OLD_WEB} is not verified: run: the command sh needs --allow-run"),
        ("run", ("--allow-run",), ""),
        ("http", ("web", "-q"), f"promote: dev: web {OLD_WEB} is not verified: http: "),
    ],
)
def test_wait_ends_with_3_and_the_reason_when_its_time_is_over(
    lane: Gitops,
    registry: RunningRegistry,
    cluster: FaultyProxy,
    inside: Inside,
    check: str,
    words: tuple[str, ...],
    why: str,
) -> None:
    answers(cluster, last=NEW)
    refs = verifying(lane, registry.host, health(cluster) if check == "http" else SMOKE)
    done = inside("wait", "dev", *words, "--timeout", "1s", "--repo", lane.url)
    assert done.code == (3 if why else 0), done
    if why:
        *progress, last = done.stderr.splitlines()
        assert last.startswith(why)
        assert [line.startswith("0 of 1 verified; web: ") for line in progress] == [True] * ("-q" not in words)
        assert done.stdout == ""
    else:
        assert done.output == f"dev: web {OLD_WEB} verified\n"
    assert lane.refs() == refs


def test_wait_in_json(
    lane: Gitops, registry: RunningRegistry, cluster: FaultyProxy, inside: Inside
) -> None:
    answers(cluster, last=OLD)
    verifying(lane, registry.host, health(cluster))
    told = inside.ok("wait", "dev", "--repo", lane.url, "-o", "json").document
    assert (told["verified"], [each["app"] for each in told["apps"]]) == (True, ["web"])
    assert [(each["check"], each["state"]) for each in told["apps"][0]["checks"]] == [("http", "passed")]


@pytest.mark.parametrize(
    ("checks", "more", "words", "why"),
    [
        ((SMOKE,), "", ("set", "dev", f"web={NEW_WEB}", "--wait", "--dry-run"), "--wait waits for what was delivered"),
        ((SMOKE,), "", ("set", "dev", f"web={NEW_WEB}", "--wait", "--no-push"), "--wait waits for what was delivered"),
        ((SMOKE,), "", ("set", "dev", f"web={NEW_WEB}", "--wait", "--pull-request"), "delivered by pull request"),
        ((SMOKE,), ", deliver: pull-request", ("set", "dev", f"web={NEW_WEB}", "--wait"), "delivered by pull request"),
        ((SMOKE,), "", ("to", "test", "--wait"), "test has no `verify` checks"),
        ((), "", ("set", "dev", f"web={NEW_WEB}", "--wait"), "dev has no `verify` checks"),
        ((), "", ("wait", "dev"), "dev has no `verify` checks"),
        ((SMOKE,), "", ("wait", "nowhere"), "nowhere"),
        ((SMOKE,), "", ("wait", "dev", "nobody"), "nobody"),
        ((SMOKE,), "", ("wait", "dev", "--timeout", "soon"), "soon"),
    ],
)
def test_what_cannot_be_waited_for_is_refused_before_anything_is_written(
    lane: Gitops,
    registry: RunningRegistry,
    inside: Inside,
    checks: tuple[str, ...],
    more: str,
    words: tuple[str, ...],
    why: str,
) -> None:
    top = "forge: {kind: github, project: acme/gitops}\n" if "request" in f"{more}{words}" else ""
    refs = verifying(lane, registry.host, *checks, more=more, top=top)
    done = inside(*words, "--repo", lane.url)
    assert (done.code, why in done.stderr, lane.refs()) == (2, True, refs), done


@pytest.mark.parametrize(("last", "code"), [(OLD, 3), (NEW, 0)])
def test_set_and_to_wait_for_what_they_delivered(
    lane: Gitops, registry: RunningRegistry, cluster: FaultyProxy, inside: Inside, last: Answer, code: int
) -> None:
    answers(cluster, last=last)
    verifying(lane, registry.host, health(cluster))
    words = ("--wait", "--timeout", "1s", "--repo", lane.url)
    done = inside("set", "dev", f"web={NEW_WEB}", *words)
    assert done.code == code, done
    assert lane.message().startswith("Promote") or NEW_WEB in lane.message()
    assert (f"dev: web {NEW_WEB} verified" in done.stdout) == (code == 0)
    assert (f"dev: web {NEW_WEB} is not verified: http: " in done.stderr) == (code == 3)
    # There already: it is waited for all the same, since it was asked for.
    again = inside("set", "dev", f"web={NEW_WEB}", *words, "-o", "json")
    assert (again.code, [each["verified"] for each in again.document["verified"]]) == (code, [code == 0])
    assert len(lane.commits()) == 3


# A gate that closes after auto-merge was armed (SEMANTICS 7.2).


@pytest.mark.parametrize("scene", sorted(set(ADAPTERS) - {"forgejo"}), indirect=True)
def test_7_2_a_gate_that_closes_disarms_the_merge_and_one_that_opens_arms_it_again(scene: Scene) -> None:
    tree = scene.repository.tree()
    said = "deliver: pull-request, auto: true, pull_request: {auto_merge: squash}, gates: [commit_status: e2e]"
    config = tree["promote.yaml"].decode().replace("deliver: pull-request", said)
    test = PROD.replace("prod", "test")
    newer = tree[test].replace(web_line(OLD_WEB), web_line(NEW_WEB))
    main = scene.repository.commit({"promote.yaml": config.encode(), test: newer})
    scene.state.required = {"ci"}
    seen = []
    # Bitbucket Cloud has no auto-merge that its API could set.
    arms = not isinstance(scene.forge, Bitbucket)
    for state in ("success", "pending", "success"):
        scene.state.set_status(main, Status("e2e", state, "", ""))
        done = scene.run("auto", "--app", "web")
        pull = scene.state.pulls[-1]
        newest = scene.state.newest(pull.last_head)
        gates = [each.state for name, each in newest.items() if "promote/gates" in name]
        seen.append((done.code, pull.state, pull.armed is not None, gates))
    assert "`web`: gates passed: commit" in scene.state.pulls[-1].body
    assert seen == [(0, "open", arms, ["success"]), (3, "open", False, ["pending"]), (0, "open", arms, ["success"])]
    assert scene.repository.tip() == main
    if not isinstance(scene.forge, GitHub):
        return
    # What has failed leaves: nobody declined it, and it is proposed again once it passes.
    for state in ("failure", "success"):
        scene.state.set_status(main, Status("e2e", state, "", ""))
        scene.run("auto")
    assert [(pull.state, pull.armed) for pull in scene.state.pulls] == [("closed", None), ("open", "squash")]
    assert scene.state.pulls[0].comments == [
        "There is nothing left to merge: main has all of this already, or it is held back, or a gate has failed."
    ]
