"""`promote check` as it is run: what a remote lets in, gates, targets and holds, each with what to do."""

from __future__ import annotations

from promote.config import FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import API, OLD_API, OLD_WEB, Gitops, config, digest_of, files
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry

MORE = """\
notify:
  - slack: {url: {env: PROMOTE_SLACK}}
  - webhook: {url: {env: PROMOTE_HOOK}}
"""
GATES = """, from: dev,
    gates: [{run: ./smoke.sh}, {run: {command: sh -c true, env: {A: {env: PROMOTE_A}}}}, {run: no-such-program}],
    verify: [{http: {url: "http://127.0.0.1:1/{app}"}}]}"""


def _lines(stdout: str, part: str) -> list[str]:
    """What is said of a part."""
    after = stdout.partition(f"{part}\n")[2].splitlines()
    ends = next(number for number, line in enumerate(after) if not line.startswith("  "))
    return [line.strip() for line in after[:ends]]


def test_a_well_kept_repository_is_one_screen(repository: Gitops, registry: RunningRegistry, inside: Inside) -> None:
    done = inside("check", "--repo", repository.url)
    assert done.code == 0, done.output
    assert done.stdout.splitlines() == [
        "configuration",
        "  ok       promote.yaml of main: 2 apps, 3 environments",
        "sites",
        "  ok       6 apps in their environments can be written",
        "registries",
        "  ok       2 images are there",
        f"  ok       {registry.host}: asked without signing in",
        "git",
        f"  ok       {repository.url}: signs in by what git finds",
        f"  ok       {repository.url} main: can be read, and a push is let in; rules and hooks cannot be asked",
        "0 errors, 0 warnings",
    ]


def test_nothing_is_written_or_sent(repository: Gitops, inside: Inside) -> None:
    before = repository.refs()
    inside("check", "--repo", repository.url)
    assert repository.refs() == before
    assert not [each for each in repository.server.log.requests if each.path.endswith("/git-receive-pack")]


def test_a_push_that_is_not_let_in_is_a_warning_with_its_cure(repository: Gitops, inside: Inside) -> None:
    """A job that only checks needs no right to write."""
    repository.git("config", "http.receivepack", "false")
    done = inside("check", "--repo", repository.url, "-o", "json")
    [found] = [one for one in done.document["findings"] if one["code"] == "push"]
    assert (done.code, found["level"], found["part"]) == (0, "warning", "git")
    assert "give this credential the right to write" in found["cure"]


def test_what_gates_and_targets_lack_here_is_told(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    content = files(registry.host, digest=digest_of(API[OLD_API]))
    said = config(registry.host, MORE).replace(", from: dev}", GATES)
    repository = create({**content, FILE: said.encode(), "smoke.sh": b"#!/bin/sh\nexit 1\n"})
    done = inside("check", "test", "--repo", repository.url, "-v", env={"PROMOTE_HOOK": "https://hook.example.com/x"})
    assert done.code == 0, done.output
    first, tried, *others = [line.partition("  [")[0] for line in _lines(done.stdout, "gates")]
    assert first == "ok       test/gates[0].run: ./smoke.sh is there; it is started only with --allow-run"
    assert tried.startswith(f"warning  test/verify[0].http: asked of api {OLD_API}@")
    assert "127.0.0.1:1/api" in tried
    assert others == [
        "warning  test/gates[1].run: the secret PROMOTE_A is not set; set the environment variable",
        "warning  test/gates[2].run: there is no program no-such-program here; install it, or correct `command`",
    ]
    assert [line.partition("  [")[0] for line in _lines(done.stdout, "notify")] == [
        "ok       notify[1].webhook: its address is there; nothing was sent",
        "warning  notify[0].slack: the secret PROMOTE_SLACK is not set; set the environment variable",
    ]


def test_8_3_a_file_of_holds_that_nobody_understands_is_an_error(repository: Gitops, inside: Inside) -> None:
    repository.commit({".promote/holds/dev.yaml": f"holds: [{{app: web, versoin: {OLD_WEB}}}]\n".encode()})
    done = inside("check", "dev", "--repo", repository.url)
    assert done.code == 3
    [line] = _lines(done.stdout, "holds")
    assert line.startswith("error    dev: .promote/holds/dev.yaml:1:20: there is no such key: did you mean `version`?")
