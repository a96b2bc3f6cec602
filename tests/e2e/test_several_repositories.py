"""Environments as folders, as branches and as repositories in one run, of which one repository rejects the push."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_API, NEW_WEB, OLD_API, OLD_WEB, Gitops, exactly
from tests.e2e.program import Inside
from tests.servers.githttp import GitHttp
from tests.servers.registry import RunningRegistry

NAMES = ("dev", "dev-eu", "test", "prod", "closed")
FILE = "apps.yaml"


def _file(host: str) -> bytes:
    return f"web: {{image: {host}/acme/web:{OLD_WEB}}} # 1\napi: {{image: {host}/acme/api:{OLD_API}}}\n".encode()


EDITS = [
    (f"/web:{OLD_WEB}".encode(), f"/web:{NEW_WEB}".encode()),
    (f"/api:{OLD_API}".encode(), f"/api:{NEW_API}".encode()),
]


def _config(host: str, group: str, prod: str, closed: str) -> bytes:
    return f"""\
version: 1
commit: {{group: {group}}}
apps:
  web: {{image: {host}/acme/web, policy: {{semver: "^1.4"}}}}
  api:
    image: {host}/acme/api
    policy: {{filter: {{match: '^main-(?P<n>[0-9]+)-[0-9a-f]+$', extract: '{{n}}'}}, order: numeric}}
environments:
  dev: {{path: envs/dev}}
  dev-eu: {{path: envs/eu}}
  test: {{path: ., branch: env/test}}
  prod: {{path: ., repo: {prod}}}
  closed: {{path: ., repo: {closed}}}
""".encode()


def _reject(gitops: Gitops) -> Callable[[], None]:
    """From now on the repository takes no push, until what this returns is called."""
    hook = gitops.folder / "hooks" / "pre-receive"
    hook.parent.mkdir()
    hook.write_text("#!/bin/sh\necho 'frozen until Monday' >&2\nexit 1\n")
    hook.chmod(0o755)
    return hook.unlink


@pytest.mark.parametrize(("group", "on_main", "elsewhere"), [("run", 1, 1), ("environment", 2, 1), ("app", 4, 2)])
@pytest.mark.parametrize("form", ["text", "json"])
def test_one_of_several_that_rejects_keeps_nothing_back_and_is_completed_later(
    create: Create, registry: RunningRegistry, inside: Inside, group: str, on_main: int, elsewhere: int, form: str
) -> None:
    host = registry.host
    prod, closed = create({FILE: _file(host)}, "prod.git"), create({FILE: _file(host)}, "closed.git")
    home = create({"promote.yaml": _config(host, group, prod.url, closed.url)})
    home.commit({f"envs/{name}/{FILE}": _file(host) for name in ("dev", "eu")})
    home.commit({FILE: _file(host)}, branch="env/test")
    before = {"main": home.tree(), "prod": prod.tree(), "closed": closed.tree(), "test": home.tree("env/test")}
    opened = _reject(closed)
    words = ("update", *NAMES, "--repo", home.url, *(("-o", "json") if form == "json" else ()))

    done = inside(*words)
    assert done.code == 5, done
    made = [*home.commits()[2:], *home.commits("env/test")[1:], *prod.commits()[1:]]
    assert (len(home.commits()) - 2, len(prod.commits()) - 1) == (on_main, elsewhere)
    assert len(closed.commits()) == 1
    exactly(before["main"], home.tree(), {f"envs/{name}/{FILE}": EDITS for name in ("dev", "eu")})
    exactly(before["test"], home.tree("env/test"), {FILE: EDITS})
    exactly(before["prod"], prod.tree(), {FILE: EDITS})
    if form == "json":
        told = done.document
        assert sorted(commit["sha"] for commit in told["commits"]) == sorted(made)
        assert {(each["environment"], each["app"], each["code"]) for each in told["failed"]} == {
            ("closed", "web", "push-rejected"),
            ("closed", "api", "push-rejected"),
        }
        assert {change["environment"] for change in told["changes"]} == set(NAMES) - {"closed"}
    else:
        assert all(oid[:7] in done.stdout for oid in (home.tip(), home.tip("env/test"), prod.tip()))
        assert "closed" in done.stderr
    assert "frozen until Monday" in done.output

    opened()
    again = inside.ok(*words)
    exactly(before["closed"], closed.tree(), {FILE: EDITS})
    assert len(closed.commits()) - 1 == elsewhere
    assert [*home.commits()[2:], *home.commits("env/test")[1:], *prod.commits()[1:]] == made
    if form == "json":
        assert sorted(commit["sha"] for commit in again.document["commits"]) == sorted(closed.commits()[1:])


def _auto(host: str, elsewhere: str, ours: Sequence[str], theirs: Sequence[str]) -> bytes:
    lines = [f"  {name}: {{path: envs/{name}, auto: true}}" for name in ours]
    lines += [f"  {name}: {{path: envs/{name}, repo: {elsewhere}, from: {ours[0]}, auto: true}}" for name in theirs]
    text = f"version: 1\napps: {{web: {{image: {host}/acme/web, policy: {{semver: '^1.4'}}}}}}\nenvironments:\n"
    return (text + "\n".join(lines) + "\n").encode()


def test_auto_reads_each_repository_once_however_many_environments_it_has(
    create: Create, registry: RunningRegistry, inside: Inside, server: GitHttp
) -> None:
    host = registry.host
    ours, theirs = ("dev", "dev-eu", "dev-us"), ("prod-eu", "prod-us")
    file = f"web: {{image: {host}/acme/web:{NEW_WEB}}}\n".encode()
    elsewhere = create({f"envs/{name}/{FILE}": file for name in theirs}, "elsewhere.git")
    home = create({f"envs/{name}/{FILE}": file for name in ours})

    def asked() -> list[tuple[str, str]]:
        """What each repository was asked for by `auto`, which finds nothing to do."""
        server.log.clear()
        inside.ok("auto", "--repo", home.url)
        return sorted((each.path, each.command) for each in server.log.requests)

    home.commit({"promote.yaml": _auto(host, elsewhere.url, ours[:1], theirs[:1])})
    of_two = asked()
    home.commit({"promote.yaml": _auto(host, elsewhere.url, ours, theirs)})
    assert asked() == of_two
    # The refs with the tip, then the trees that lead to the files, and the files.
    for name in ("gitops", "elsewhere"):
        told = [command for path, command in of_two if path.startswith(f"/{name}") and command]
        assert (told.count("ls-refs"), told.count("fetch")) == (1, 3), of_two


def test_check_looks_at_what_can_be_read_and_names_what_cannot(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    """One repository that could not be read ended it, and which environments it was about was not said."""
    lab = create({FILE: _file(registry.host)}, "lab.git")
    gone = f"{lab.url}-gone"
    config = _config(registry.host, "run", gone, lab.url) + f"  prod-eu: {{path: eu, repo: {gone}}}\n".encode()
    gitops = create({"promote.yaml": config, **{f"envs/{name}/{FILE}": _file(registry.host) for name in ("dev", "eu")}})
    ran = inside("check", "-o", "json", "--repo", gitops.url)
    found = [(each["level"], each["subject"], each["code"]) for each in ran.document["findings"]]
    broken = [("error", "test", "repository"), ("error", "prod, prod-eu", "repository")]
    assert (ran.code, [each for each in found if each[0] == "error"]) == (5, broken)
    assert [("ok", f"{name}/web", "sites") in found for name in NAMES] == [True, True, False, False, True]
    shown = inside("check", "--repo", gitops.url)
    assert "there is no branch 'env/test'" in shown.stdout
    assert f"{gone}: " in " ".join(shown.stdout.split())
