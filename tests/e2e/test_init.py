"""`promote init`: what it writes works at once, it asks on a terminal alone, and it never takes anything away."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.api.starting import write
from promote.errors import Refused, UsageError
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_API, OLD_WEB, Gitops, write_out
from tests.e2e.program import Inside, Program
from tests.servers.registry import RunningRegistry

NAMES = ("dev", "test", "prod")


def _files(host: str) -> dict[str, bytes]:
    """An overlay an environment over a base that names one of the images alone, and values with the other."""
    out = {
        "base/kustomization.yaml": b"resources: [web.yaml]\n",
        "base/web.yaml": (
            "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: web}\nspec:\n  template:\n    spec:\n"
            f'      containers:\n        - {{name: web, image: "{host}/acme/web:{OLD_WEB}"}}\n'
        ).encode(),
    }
    for name in NAMES:
        out[f"envs/{name}/kustomization.yaml"] = b"resources: [../../base]\n"
        out[f"envs/{name}/values.yaml"] = f"image: {{repository: {host}/acme/api, tag: {OLD_API}}}\n".encode()
    return out


@pytest.fixture
def bare(create: Create, registry: RunningRegistry) -> Gitops:
    """A repository that has no promote.yaml, of images that are in the registry."""
    return create(_files(registry.host))


def test_what_is_written_is_accepted_and_works_at_once(bare: Gitops, promote: Program) -> None:
    clone = bare.clone()
    done = promote.ok("init", cwd=clone / "envs")
    assert done.stdout == f"{clone}/promote.yaml: 3 environments, 2 apps (dev → test → prod)\n"
    assert done.messages[0] == "this is no terminal: nothing is asked, as with --yes"
    checked = promote.ok("check", cwd=clone)
    assert checked.stdout.endswith("0 errors, 0 warnings\n")
    bare.commit({"promote.yaml": (clone / "promote.yaml").read_bytes()})
    # The base is everybody's: the tag goes into the file that init has named as the override.
    promote.ok("set", "dev", f"web={NEW_WEB}", "--repo", bare.url)
    assert bare.tree()["base/web.yaml"] == _files("x")["base/web.yaml"].replace(b"x/", f"{_host(bare)}/".encode())
    assert f"newTag: {NEW_WEB}".encode() in bare.tree()["envs/dev/kustomization.yaml"]
    promote.ok("to", "test", "web", "--repo", bare.url)
    assert f"newTag: {NEW_WEB}".encode() in bare.tree()["envs/test/kustomization.yaml"]


def _host(repository: Gitops) -> str:
    return repository.tree()["envs/dev/values.yaml"].decode().partition("repository: ")[2].partition("/acme")[0]


def test_branches_as_environments_are_accepted_too(create: Create, registry: RunningRegistry, promote: Program) -> None:
    files = {"web.yaml": _files(registry.host)["base/web.yaml"]}
    gitops = create({"README.md": b"# branches\n"})
    for name in NAMES:
        gitops.commit(files, branch=name)
    clone = gitops.clone()
    done = promote.ok("init", "--yes", cwd=clone)
    assert done.stdout.endswith("3 environments, 1 app (dev → test → prod)\n")
    checked = promote.ok("check", "-v", cwd=clone)
    assert all(f"{name}/web" in checked.stdout for name in NAMES)


def test_regions_are_shown_as_what_they_are(inside: Inside, tmp_path: Path) -> None:
    files = {}
    for name in ("dev", "test", "prod-eu", "prod-us"):
        files[f"envs/{name}/values.yaml"] = b"image: {repository: ghcr.io/acme/api, tag: 1.4.0}\n"
    done = inside("init", "--yes", cwd=write_out(tmp_path / "gitops", files))
    assert done.stdout.endswith("4 environments, 1 app (dev → test → (prod-eu, prod-us))\n")


def test_no_remote_is_asked(promote: Program, tmp_path: Path) -> None:
    clone = write_out(tmp_path / "clone", _files("localhost:1"))
    for words in (("init", "--quiet"), ("remote", "add", "origin", "http://localhost:1/gitops.git")):
        subprocess.run(["git", *words], cwd=clone, env=dict(promote.environ), check=True)
    promote.ok("init", "--yes", cwd=clone)


def test_a_promote_yaml_that_is_there_is_left_alone(inside: Inside, tmp_path: Path) -> None:
    folder = write_out(tmp_path / "gitops", {**_files("ghcr.io"), "promote.yaml": b"mine: [\n"})
    for words in ((), ("--yes",)):
        refused = inside("init", *words, cwd=folder)
        assert (refused.code, refused.stdout) == (2, "")
        assert refused.stderr.endswith("promote.yaml: is there already; give --force to replace it, or --dry-run\n")
    shown = inside("init", "--dry-run", "--yes", "-q", cwd=folder)
    assert (shown.code, shown.stderr) == (0, "")
    assert shown.stdout.startswith("# Proposed by `promote init`; ")
    assert (folder / "promote.yaml").read_bytes() == b"mine: [\n"
    assert inside("init", "--force", cwd=folder).code == 0
    assert (folder / "promote.yaml").read_text() == shown.stdout
    assert sorted(path.name for path in folder.iterdir()) == ["base", "envs", "promote.yaml"]


def test_a_link_in_its_place_is_replaced_and_never_followed(inside: Inside, tmp_path: Path) -> None:
    folder = write_out(tmp_path / "gitops", _files("ghcr.io"))
    outside = tmp_path / "outside"
    (folder / "promote.yaml").symlink_to(outside)
    assert inside("init", "--yes", cwd=folder).code == 2
    assert inside("init", "--yes", "--force", cwd=folder).code == 0
    assert not outside.exists()
    assert not (folder / "promote.yaml").is_symlink()


@pytest.mark.parametrize("words", [("-C", "nowhere"), ("-C", "")])
def test_a_folder_that_is_not_there(inside: Inside, words: tuple[str, ...]) -> None:
    done = inside("init", "--yes", *words)
    assert (done.code, done.stdout) == (2, "")


def test_where_nothing_runs_it_says_so(inside: Inside, tmp_path: Path) -> None:
    done = inside("init", "--yes", cwd=write_out(tmp_path / "empty", {"README.md": b"#\n"}))
    assert done.code == 2
    assert "no YAML file here names anything that runs; name the GitOps repository by -C" in done.stderr


def test_what_comes_into_being_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "promote.yaml").write_text("theirs\n")
    with pytest.raises(UsageError, match="is there already"):
        write(tmp_path, "mine\n", force=False)
    assert (tmp_path / "promote.yaml").read_text() == "theirs\n"
    assert write(tmp_path, "mine\n", force=True).read_text() == "mine\n"
    (tmp_path / "promote.yaml").unlink()
    (tmp_path / "promote.yaml").mkdir()
    with pytest.raises(Refused, match="cannot be written"):
        write(tmp_path, "mine\n", force=True)
    assert [path.name for path in tmp_path.iterdir()] == ["promote.yaml"]


ASKED: Mapping[str, tuple[str, str]] = {
    "all as it was found": ("\n\n\n\n\n", "dev: -, test: dev, prod: test; api numeric, web semver"),
    "fewer environments and apps": ("dev, prod\n\nw*\npull-request\nn\n", "dev: -, prod: dev pull-request; web"),
    "names that mean nothing are asked for again": (
        "qa\n\n*\n\nnope\nweb\ncommit\ny\n",
        "dev: -, test: dev, prod: test; web semver",
    ),
    # dev takes from test by then, so that test cannot take from dev.
    "another order": ("all\nn\ntest\ndev\nnone\ntest\n\n\nn\n", "dev: test, test: -, prod: test; api, web"),
}


@pytest.mark.parametrize("name", ASKED)
def test_what_is_answered_on_a_terminal_is_written(name: str, promote: Program, tmp_path: Path) -> None:
    from promote.config.load import load

    answers, wanted = ASKED[name]
    folder = write_out(tmp_path / "gitops", _files("ghcr.io"))
    done = promote.on_a_terminal("init", cwd=folder, typed=answers)
    assert done.code == 0, done
    assert "Environments (3 found: dev, test, prod) [all]: " in done.stderr
    config = load("promote.yaml", (folder / "promote.yaml").read_bytes(), environ={})
    environments = [
        f"{each.name}: {each.from_ or '-'}{' pull-request' if each.deliver == 'pull-request' else ''}"
        for each in config.environments.values()
    ]
    apps = [each.name + (f" {each.policy.kind}" if each.policy else "") for each in config.apps.values()]
    assert f"{', '.join(environments)}; {', '.join(apps)}" == wanted


def test_who_leaves_the_terminal_has_written_nothing(promote: Program, tmp_path: Path) -> None:
    folder = write_out(tmp_path / "gitops", _files("ghcr.io"))
    done = promote.on_a_terminal("init", cwd=folder, typed="dev\n\x04")
    assert done.code == 130, done
    assert not (folder / "promote.yaml").exists()
