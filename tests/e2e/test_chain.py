"""The main job on real input: a registry, a Git server, kustomize and Helm files; after each step, every byte."""

from __future__ import annotations

import base64
import json
import ssl
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from tests.e2e.conftest import Create
from tests.e2e.gitops import (
    API,
    NEW_API,
    NEW_WEB,
    OLD_API,
    OLD_WEB,
    WEB,
    Gitops,
    api_line,
    digest_of,
    exactly,
    files,
    web_line,
    working_files,
    write_out,
)
from tests.e2e.program import Inside, Program
from tests.kubectl import kustomize
from tests.servers.githttp import GitHttp
from tests.servers.registry import RunningRegistry, TokenServer, docker_registry, token_server
from tests.servers.seed import write_storage

USER, PASSWORD = "ci", "correct-horse-battery"


@dataclass(frozen=True)
class Reach:
    """A registry and what it takes to get in: lines of promote.yaml, and variables."""

    host: str
    lines: str = ""
    environ: Mapping[str, str] = field(default_factory=dict)


def _docker_config(folder: Path, host: str) -> dict[str, str]:
    code = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"auths": {host: {"auth": code}}}))
    return {"DOCKER_CONFIG": str(folder)}


@pytest.fixture
def reach(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Reach]:
    kind: str = request.param
    named = f"username: {USER}, password: {{env: PROMOTE_REGISTRY_PASSWORD}}"
    with ExitStack() as stack:
        if kind == "plain":
            running = request.getfixturevalue("registry")
            yield Reach(running.host)
            return
        if kind == "token":
            tokens = stack.enter_context(token_server(TokenServer(users={USER: PASSWORD})))
            running = stack.enter_context(docker_registry(tokens=tokens))
        else:
            running = stack.enter_context(docker_registry(htpasswd={USER: PASSWORD}, tls=True))
        write_storage(running.storage, "acme/web", WEB)
        write_storage(running.storage, "acme/api", API)
        if kind == "docker-config":
            lines = f'registries: {{"{running.host}": {{ca: {running.ca}}}}}\n'
            yield Reach(running.host, lines, _docker_config(tmp_path / "docker", running.host))
            return
        said = named if running.ca is None else f"ca: {running.ca}, {named}"
        lines = f'registries: {{"{running.host}": {{{said}}}}}\n'
        yield Reach(running.host, lines, {"PROMOTE_REGISTRY_PASSWORD": PASSWORD})


Edits = dict[str, list[tuple[bytes, bytes]]]


def edits(environment: str, *, web: Sequence[str] = (), api: Sequence[str] = ()) -> Edits:
    """The edits that bring web or api of an environment from one version to the other."""
    out: Edits = {}
    if web:
        out[f"envs/{environment}/web/kustomization.yaml"] = [(web_line(web[0]), web_line(web[1]))]
    if api:
        old, new = (api_line(tag, digest_of(API[tag])) for tag in api)
        out[f"envs/{environment}/api/values.yaml"] = [(old, new)]
    return out


BOTH_WEB, BOTH_API = (OLD_WEB, NEW_WEB), (OLD_API, NEW_API)


@pytest.mark.parametrize("reach", ["plain", "named", "docker-config", "token"], indirect=True)
def test_from_a_published_tag_to_commits_that_a_reconciler_picks_up(
    reach: Reach, create: Create, promote: Program, inside: Inside, tmp_path: Path
) -> None:
    # Once by whole processes; the other ways into a registry differ in nothing that a process of its own would show.
    run = inside if reach.lines else promote
    content = files(reach.host, digest=digest_of(API[OLD_API]), registries=reach.lines)
    gitops = create(content)
    at = ("--repo", gitops.url)
    env = reach.environ

    tags = run.ok("tags", "web", *at, "-o", "json", env=env).document
    assert tags["selected"] == NEW_WEB
    assert {item["tag"] for item in tags["considered"]} == set(WEB)
    before = run.ok("status", *at, "-o", "json", env=env).document
    dev = {item["app"]: item["environments"]["dev"] for item in before["apps"]}
    assert dev["web"]["version"] == {"tag": OLD_WEB, "digest": None}
    assert (dev["web"]["next"]["tag"], dev["api"]["next"]["tag"]) == (NEW_WEB, NEW_API)
    assert run.ok("check", *at, env=env).stdout.endswith("0 errors, 0 warnings\n")

    updated = run.ok("update", *at, "-o", "json", env=env).document
    assert [commit["pushed"] for commit in updated["commits"]] == [True]
    assert updated["commits"][0]["sha"] == gitops.tip()
    after_update = gitops.tree()
    exactly(content, after_update, edits("dev", web=BOTH_WEB, api=BOTH_API))
    new_digest, old_digest = digest_of(API[NEW_API]), digest_of(API[OLD_API])
    assert gitops.trailers() == [
        "Promote-Environment: dev",
        "Promote-App: api",
        f"Promote-Version: {NEW_API}@{new_digest}",
        f"Promote-Previous: {OLD_API}@{old_digest}",
        "Promote-App: web",
        f"Promote-Version: {NEW_WEB}",
        f"Promote-Previous: {OLD_WEB}",
    ]
    again = run.ok("update", *at, env=env)
    assert (again.stdout, again.stderr) == ("", "nothing to do\n")

    assert f"-    newTag: '{OLD_WEB}'" in run.ok("diff", "dev", "test", *at, env=env).stdout
    carried = run.ok("to", "test", "-o", "json", *at, env=env).document
    assert {change["app"] for change in carried["changes"]} == {"web", "api"}
    after_to = gitops.tree()
    exactly(after_update, after_to, edits("test", web=BOTH_WEB, api=BOTH_API))
    assert "Promote-From: dev" in gitops.trailers()

    run.ok("set", "dev", "web=1.4.1", "--allow-downgrade", *at, env=env)
    after_set = gitops.tree()
    exactly(after_to, after_set, edits("dev", web=(NEW_WEB, "1.4.1")))
    for words in (("to", "test", "api"), ("set", "dev", "web=1.4.1")):
        assert run.ok(*words, *at, env=env).stdout == ""
    assert len(gitops.commits()) == 4

    sites = run.ok("find", *at, "-o", "json", env=env).document["sites"]
    assert {(site["environment"], site["app"], site["tag"]) for site in sites} == {
        ("dev", "web", "1.4.1"),
        ("dev", "api", NEW_API),
        ("test", "web", NEW_WEB),
        ("test", "api", NEW_API),
        ("prod", "web", OLD_WEB),
        ("prod", "api", OLD_API),
    }
    # A reconciler renders what is committed: nothing but the one image is another.
    for environment, tag in (("dev", "1.4.1"), ("test", NEW_WEB), ("prod", OLD_WEB)):
        first = kustomize(write_out(tmp_path / f"first-{environment}", content) / f"envs/{environment}/web")
        last = kustomize(write_out(tmp_path / f"last-{environment}", after_set) / f"envs/{environment}/web")
        assert last == first.replace(f"/acme/web:{OLD_WEB}", f"/acme/web:{tag}")
        assert f"/acme/web:{tag}" in last
    assert PASSWORD not in run("status", "-v", *at, env=env).output


def test_one_set_takes_nine_requests_to_the_git_server(create: Create, inside: Inside) -> None:
    settings = "version: 1\napps: {web: {image: example.com/acme/web}}\nenvironments: {dev: {path: envs/dev}}\n"
    image = f"image: example.com/acme/web:{OLD_WEB}\n".encode()
    gitops = create({"promote.yaml": settings.encode(), "envs/dev/web.yaml": image})
    gitops.server.log.clear()
    inside.ok("set", "dev", f"web={NEW_WEB}", "--no-verify-tag", "--repo", gitops.url)
    # 3 to open, 2 for promote.yaml and the root's folders, 2 for what lies in the path, 2 to push: four processes.
    assert len(gitops.server.log) == 9


def test_a_digest_that_is_asked_for_is_written_and_must_be_the_tags(
    repository: Gitops, inside: Inside, registry: RunningRegistry
) -> None:
    before = repository.tree()
    right, wrong = digest_of(API[NEW_API]), digest_of(API[OLD_API])
    refused = inside("set", "dev", f"{registry.host}/acme/api:{NEW_API}@{wrong}", "--repo", repository.url)
    assert refused.code == 3
    assert repository.tree() == before
    inside.ok("set", "dev", f"{registry.host}/acme/api:{NEW_API}@{right}", "--repo", repository.url)
    exactly(before, repository.tree(), edits("dev", api=BOTH_API))


def test_exit_code_tells_changes_and_their_absence(repository: Gitops, inside: Inside) -> None:
    words = ("update", "--exit-code", "--repo", repository.url)
    assert inside(*words, "--dry-run").code == 10
    assert inside("diff", "dev", "test", "--exit-code", "--repo", repository.url).code == 0
    assert inside(*words).code == 10
    assert inside(*words).code == 0
    assert inside("diff", "dev", "test", "--exit-code", "--repo", repository.url).code == 10
    assert inside("to", "test", "nothing", "--exit-code", "--repo", repository.url).code == 2


def test_a_dry_run_shows_a_diff_that_git_can_apply_and_writes_nothing(
    repository: Gitops, inside: Inside, tmp_path: Path
) -> None:
    clone = repository.clone()
    refs, before = repository.refs(), working_files(clone)
    shown = inside.ok("update", "--dry-run", cwd=clone)
    assert "dry run: nothing was written" in shown.stderr
    assert (repository.refs(), working_files(clone)) == (refs, before)
    assert repository.git("status", "--porcelain", cwd=clone) == ""
    assert [line for line in shown.stdout.splitlines() if line[:1] in "+-"] == [
        "--- a/envs/dev/api/values.yaml",
        "+++ b/envs/dev/api/values.yaml",
        *(
            f"{sign}image: {{registry: '{_host(repository)}', repository: acme/api, "
            f'tag: "{tag}", digest: {digest_of(API[tag])}}}'
            for sign, tag in (("-", OLD_API), ("+", NEW_API))
        ),
        "--- a/envs/dev/web/kustomization.yaml",
        "+++ b/envs/dev/web/kustomization.yaml",
        *(f"{sign}    newTag: '{tag}'  # kept: '{OLD_WEB}'␍" for sign, tag in (("-", OLD_WEB), ("+", NEW_WEB))),
    ]
    document = inside.ok("update", "--dry-run", "-o", "json", cwd=clone).document
    assert document["dry_run"] is True
    assert document["commits"] == []
    assert [change["app"] for change in document["changes"]] == ["api", "web"]


def _host(repository: Gitops) -> str:
    """The registry's host, as the repository's own files say it."""
    for line in repository.tree()["promote.yaml"].decode().splitlines():
        if line.strip().startswith("image: ") and line.endswith("/acme/web"):
            return line.strip().removeprefix("image: ").removesuffix("/acme/web")
    raise AssertionError("no image")


def test_write_only_edits_the_working_files_and_nothing_else(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    refs, before = repository.refs(), working_files(clone)
    (clone / "envs/dev/api/values.yaml").chmod(0o755)
    inside.ok("update", "--write-only", cwd=clone)
    exactly(before, working_files(clone), edits("dev", web=BOTH_WEB, api=BOTH_API))
    assert (clone / "envs/dev/api/values.yaml").stat().st_mode & 0o777 == 0o755
    assert repository.refs() == refs
    assert repository.git("rev-list", "--all", "--count", cwd=clone) == "1"
    assert repository.git("diff", "--cached", "--name-only", cwd=clone) == ""
    assert inside.ok("update", "--write-only", "--exit-code", cwd=clone).stdout == ""


def test_no_push_leaves_the_commit_under_refs_promote(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    refs, before = repository.refs(), working_files(clone)
    head = repository.git("rev-parse", "HEAD", cwd=clone)
    document = inside.ok("update", "--no-push", "-o", "json", cwd=clone).document
    assert [commit["pushed"] for commit in document["commits"]] == [False]
    kept = repository.git("rev-parse", "refs/promote/main", cwd=clone)
    assert kept == document["commits"][0]["sha"]
    assert repository.git("rev-parse", f"{kept}^", cwd=clone) == head == repository.git("rev-parse", "HEAD", cwd=clone)
    assert repository.refs() == refs
    assert working_files(clone) == before
    assert repository.git("diff", "--name-only", head, kept, cwd=clone).splitlines() == [
        "envs/dev/api/values.yaml",
        "envs/dev/web/kustomization.yaml",
    ]


def test_a_push_from_a_clone_leaves_its_branch_and_files_alone(repository: Gitops, inside: Inside) -> None:
    clone = repository.clone()
    before = working_files(clone)
    first = repository.git("rev-parse", "HEAD", cwd=clone)
    done = inside.ok("update", cwd=clone)
    assert "git pull" in done.stdout
    assert repository.git("rev-parse", "HEAD", cwd=clone) == first
    assert working_files(clone) == before
    assert repository.git("status", "--porcelain", cwd=clone) == ""
    repository.git("pull", "--quiet", "--ff-only", cwd=clone)
    exactly(before, working_files(clone), edits("dev", web=BOTH_WEB, api=BOTH_API))


@pytest.mark.parametrize("words", [("--depth=1",), ("--filter=blob:none",), ("--single-branch",)], ids=" ".join)
def test_a_clone_that_is_not_whole_serves_too_and_stays_what_it_was(
    words: tuple[str, ...], repository: Gitops, inside: Inside
) -> None:
    repository.commit({"more": b"a second commit\n"})
    before = repository.tree()
    clone = repository.clone(*words)
    settings = (clone / ".git/config").read_bytes()
    inside.ok("update", cwd=clone)
    exactly(before, repository.tree(), edits("dev", web=BOTH_WEB, api=BOTH_API))
    # What others have pushed since is not here yet: the commit to keep is a child of that.
    document = inside.ok("to", "test", "--no-push", "-o", "json", cwd=clone).document
    kept = document["commits"][0]["sha"]
    assert repository.git("rev-parse", "refs/promote/main", f"{kept}^", cwd=clone).split() == [kept, repository.tip()]
    assert repository.git("diff", "--name-only", f"{kept}^", kept, cwd=clone).splitlines() == [
        "envs/test/api/values.yaml",
        "envs/test/web/kustomization.yaml",
    ]
    repository.git("fsck", "--connectivity-only", cwd=clone)
    assert (clone / ".git/config").read_bytes() == settings
    shallow = repository.git("rev-parse", "--is-shallow-repository", cwd=clone)
    assert shallow == ("true" if "--depth=1" in words else "false")


def test_a_linked_worktree_is_a_clone_like_another(repository: Gitops, inside: Inside, tmp_path: Path) -> None:
    clone = repository.clone()
    repository.git("worktree", "add", "--quiet", "-b", "mine", str(tmp_path / "linked"), cwd=clone)
    before = repository.tree()
    inside.ok("update", cwd=tmp_path / "linked")
    exactly(before, repository.tree(), edits("dev", web=BOTH_WEB, api=BOTH_API))
    inside.ok("to", "test", "--write-only", cwd=tmp_path / "linked")
    assert repository.git("status", "--porcelain", cwd=clone) == ""


def test_author_and_message_are_as_asked(repository: Gitops, inside: Inside) -> None:
    message, author = "{{ app }} goes to {{ environment }}: {{ old }} to {{ new }}", "Ann Lee <ann@example.com>"
    inside.ok("set", "dev", f"web={NEW_WEB}", "-m", message, "--author", author, "--repo", repository.url)
    assert repository.message().splitlines()[0] == f"web goes to dev: {OLD_WEB} to {NEW_WEB}"
    assert repository.git("log", "-1", "--format=%an <%ae>") == "Ann Lee <ann@example.com>"
    assert repository.trailers() == [
        "Promote-Environment: dev",
        "Promote-App: web",
        f"Promote-Version: {NEW_WEB}",
        f"Promote-Previous: {OLD_WEB}",
    ]


def test_a_skipped_gate_and_its_reason_stand_in_the_commit(repository: Gitops, inside: Inside) -> None:
    words = ("set", "test", f"web={NEW_WEB}", "--repo", repository.url)
    assert inside(*words).code == 3
    assert inside(*words, "--skip-gate", "from").code == 2
    inside.ok(*words, "--skip-gate", "from", "--reason", "hotfix\nPromote-App: not-a-trailer")
    assert "Promote-Skipped-Gate: from: hotfix Promote-App: not-a-trailer" in repository.trailers()
    assert [line for line in repository.trailers() if line.startswith("Promote-App")] == ["Promote-App: web"]


def test_a_commit_an_app_where_the_configuration_says_so(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    content = files(registry.host, digest=digest_of(API[OLD_API]), registries="commit: {group: app}\n")
    gitops = create(content)
    inside.ok("update", "--repo", gitops.url)
    assert len(gitops.commits()) == 3
    apps = [[line for line in gitops.trailers(oid) if "-App" in line] for oid in gitops.commits()[1:]]
    assert sorted(apps) == [["Promote-App: api"], ["Promote-App: web"]]
    exactly(content, gitops.tree(), edits("dev", web=BOTH_WEB, api=BOTH_API))


def test_environments_on_branches_and_in_repositories_of_their_own(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    host = registry.host
    home = create({})
    other = create({"web.yaml": f"image: {host}/acme/web:{OLD_WEB} # theirs\n".encode()}, "prod.git")
    settings = (
        f"version: 1\napps: {{web: {{image: {host}/acme/web, policy: {{semver: '^1'}}}}}}\nenvironments:\n"
        "  dev: {path: '.', branch: env/dev}\n"
        "  test: {path: '.', branch: env/test, from: dev}\n"
        f"  prod: {{path: '.', from: test, repo: {other.url}}}\n"
    )
    home.commit({"promote.yaml": settings.encode()})
    for name in ("dev", "test"):
        home.commit({"web.yaml": f"image: {host}/acme/web:{OLD_WEB} # {name}\n".encode()}, branch=f"env/{name}")
    main = home.tip()
    for words in (("update",), ("to", "test"), ("to", "prod")):
        assert inside(*words, "--exit-code", "--repo", home.url).code == 10
    for tree, name in ((home.tree("env/dev"), "dev"), (home.tree("env/test"), "test"), (other.tree(), "theirs")):
        assert tree == {"web.yaml": f"image: {host}/acme/web:{NEW_WEB} # {name}\n".encode()}
    assert home.tip() == main


def test_without_promote_yaml_the_environment_is_a_folder(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    content = {
        "clusters/dev/web.yaml": f"image: {registry.host}/acme/web:{OLD_WEB}\n".encode(),
        "clusters/prod/web.yaml": f"image: {registry.host}/acme/web:{OLD_WEB}\n".encode(),
    }
    gitops = create(content)
    inside.ok("set", "clusters/dev", f"web={NEW_WEB}", "--repo", gitops.url)
    old, new = OLD_WEB.encode(), NEW_WEB.encode()
    exactly(content, gitops.tree(), {"clusters/dev/web.yaml": [(old, new)]})


def test_a_server_that_speaks_the_old_protocol_and_one_without_filters_serve_too(
    repository: Gitops, inside: Inside
) -> None:
    repository.server.v0 = True
    inside.ok("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    repository.server.v0 = False
    repository.git("config", "uploadpack.allowFilter", "false")
    inside.ok("to", "test", "web", "--repo", repository.url)
    assert len(repository.commits()) == 3


def test_git_attributes_and_filters_do_not_touch_what_is_committed(
    create: Create, registry: RunningRegistry, inside: Inside
) -> None:
    content = files(registry.host, digest=digest_of(API[OLD_API])) | {".gitattributes": b"* text=auto eol=crlf\n"}
    gitops = create(content)
    clone = gitops.clone()
    inside.ok("update", cwd=clone)
    exactly(content, gitops.tree(), edits("dev", web=BOTH_WEB, api=BOTH_API))


def test_a_git_server_behind_tls_is_trusted_by_its_authority_alone(
    repository: Gitops, inside: Inside, tmp_path: Path
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    with GitHttp(repository.server.root, tls=context) as secure:
        url = secure.url(repository.folder.name)
        assert url.startswith("https://")
        refused = inside("update", "--repo", url)
        assert (refused.code, len(refused.messages)) == (5, 1)
        assert "GIT_SSL_CAINFO" in refused.stderr
        before = repository.tree()
        inside.ok("update", "--repo", url, env={"GIT_SSL_CAINFO": str(tmp_path / "ca.pem")})
        exactly(before, repository.tree(), edits("dev", web=BOTH_WEB, api=BOTH_API))
