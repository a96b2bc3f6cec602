"""What commits say and by whom they are, as promote.yaml and options tell: read and verified by git."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, config, files, working_files
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry
from tests.servers.seed import ImageSpec, write_storage

SOURCE = "https://github.com/acme/web"


def with_commit(registry: RunningRegistry, commit: str) -> dict[str, bytes]:
    content = files(registry.host, digest="sha256:" + "a" * 64)
    content["promote.yaml"] = config(registry.host, f"commit: {commit}\n").encode()
    return content


@pytest.fixture
def ssh(tmp_path: Path) -> tuple[str, Path]:
    """An SSH key's text, and a file of signers that git trusts."""
    key = tmp_path / "id"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ci@example.com {key.with_suffix('.pub').read_text()}")
    return key.read_text(), allowed


def signer(repository: Gitops, allowed: Path) -> str:
    """The address whose good signature the tip has; `N` where it has none."""
    return repository.git("-c", f"gpg.ssh.allowedSignersFile={allowed}", "log", "-1", "--format=%G?%GS", "main")


def test_signed_by_the_key_that_promote_yaml_names(
    create: Create, registry: RunningRegistry, inside: Inside, ssh: tuple[str, Path]
) -> None:
    key, allowed = ssh
    commit = (
        "{sign: ssh, signing_key: {env: PROMOTE_SIGNING_KEY}, author: Ann <ann@example.com>, "
        "committer: CI <ci@example.com>, group: app}"
    )
    repository = create(with_commit(registry, commit))
    words = ("set", "dev", f"web={NEW_WEB}", "api=main-12-9f8e7d6", "--repo", repository.url, "-vv")
    missing = inside(*words)
    assert (missing.code, "PROMOTE_SIGNING_KEY is not set" in missing.stderr) == (2, True)
    done = inside.ok(*words, env={"PROMOTE_SIGNING_KEY": key})
    assert key.splitlines()[1] not in done.output
    for revision in ("main", "main~1"):
        found = repository.git(
            "-c", f"gpg.ssh.allowedSignersFile={allowed}", "log", "-1", "--format=%G? %GS %an %cn", revision
        )
        assert found == "G ci@example.com Ann CI"
    # What is said on the command line stands above it; then the secret is not even looked for.
    inside.ok("set", "dev", f"web={OLD_WEB}", "--allow-downgrade", "--no-sign", "--repo", repository.url)
    assert signer(repository, allowed) == "N"


def test_signed_as_git_is_set_up(
    repository: Gitops, inside: Inside, ssh: tuple[str, Path], tmp_path: Path
) -> None:
    _, allowed = ssh
    settings = tmp_path / "gitconfig"
    settings.write_text(
        "[user]\nname = CI\nemail = ci@example.com\n"
        f"signingKey = {tmp_path / 'id'}\n[gpg]\nformat = ssh\n[commit]\ngpgSign = true\n"
    )
    env = {"GIT_CONFIG_GLOBAL": str(settings)}
    inside.ok("set", "dev", f"web={NEW_WEB}", "--repo", repository.url, env=env)
    assert signer(repository, allowed) == "Gci@example.com"
    settings.write_text(settings.read_text().replace("gpgSign = true", "gpgSign = false"))
    inside.ok("set", "test", f"web={NEW_WEB}", "--sign", "--repo", repository.url, env=env)
    assert signer(repository, allowed) == "Gci@example.com"
    inside.ok("set", "prod", f"web={NEW_WEB}", "--repo", repository.url, env=env)
    assert signer(repository, allowed) == "N"


def test_a_clones_own_signing_key_counts_and_its_programs_do_not(
    repository: Gitops, inside: Inside, ssh: tuple[str, Path], tmp_path: Path
) -> None:
    _, allowed = ssh
    clone = repository.clone()
    canary = tmp_path / "canary"
    for key, value in {
        "user.name": "CI",
        "user.email": "ci@example.com",
        "user.signingKey": str(tmp_path / "id"),
        "gpg.format": "ssh",
        "gpg.ssh.program": f"touch {canary}; false",
        "gpg.program": f"touch {canary}; false",
        "commit.gpgSign": "true",
    }.items():
        repository.git("config", key, value, cwd=clone)
    before = working_files(clone)
    inside.ok("set", "dev", f"web={NEW_WEB}", "-C", clone)
    assert signer(repository, allowed) == "Gci@example.com"
    assert not canary.exists()
    assert working_files(clone) == before


def test_what_cannot_be_signed_is_not_pushed(repository: Gitops, inside: Inside) -> None:
    before = repository.refs()
    done = inside("set", "dev", f"web={NEW_WEB}", "--sign", "--repo", repository.url)
    assert done.code == 5
    assert "the commit cannot be signed" in done.stderr
    assert repository.refs() == before


@pytest.mark.parametrize(
    ("commit", "says"),
    [
        ("{signing_key: {env: PROMOTE_KEY}}", "`signing_key` needs `sign: ssh` beside it"),
        ("{sign: gpg, signing_key: {env: PROMOTE_KEY}}", "`signing_key` needs `sign: ssh` beside it"),
        ("{sign: ssh, signing_key: {env: HOME}}", "may not be named"),
        ("{sign: pgp}", "expected"),
        ("{committer: nobody}", "is no author"),
    ],
)
def test_what_promote_yaml_cannot_say(
    create: Create, registry: RunningRegistry, inside: Inside, commit: str, says: str
) -> None:
    repository = create(with_commit(registry, commit))
    done = inside("set", "dev", f"web={NEW_WEB}", "--repo", repository.url)
    assert done.code == 2
    assert "promote.yaml:" in done.stderr
    assert says in done.stderr


def labelled(revision: str, version: str) -> ImageSpec:
    labels = {"source": SOURCE, "revision": revision, "version": version}
    return ImageSpec(
        created="2026-01-01T00:00:00Z",
        labels={f"org.opencontainers.image.{name}": value for name, value in labels.items()},
    )


def test_a_template_with_links_and_skip_ci(
    create: Create, registry: RunningRegistry, inside: Inside, tmp_path: Path
) -> None:
    path = f"acme/linked-{tmp_path.name.replace('_', '-').lower()[-30:].strip('-')}"
    write_storage(registry.storage, path, {"1.0.0": labelled("0" * 40, "1.0.0"), "1.1.0": labelled("1" * 40, "v1.1.0")})
    image = f"{registry.host}/{path}"
    template = "{{ app }}: {{ old }} to {{ new }} [skip ci]\\n\\n{{ (links + releases) | join('\\n') }}"
    content = {
        "promote.yaml": (
            f"version: 1\napps: {{web: {{image: {image}}}}}\nenvironments: {{dev: {{path: dev}}}}\n"
            f'commit: {{message: "{template}"}}\n'
        ).encode(),
        "dev/kustomization.yaml": f"images:\n- name: {image}\n  newTag: 1.0.0\n".encode(),
    }
    repository = create(content)
    inside.ok("set", "dev", "web=1.1.0", "--repo", repository.url)
    assert repository.message().splitlines()[:4] == [
        "web: 1.0.0 to 1.1.0 [skip ci]",
        "",
        f"{SOURCE}/compare/{'0' * 40}...{'1' * 40}",
        f"{SOURCE}/releases/tag/v1.1.0",
    ]
    assert "Promote-Version: 1.1.0" in repository.trailers()


def test_without_links_in_the_template_nobody_is_asked_for_labels(repository: Gitops, inside: Inside) -> None:
    done = inside.ok("set", "dev", "web=9.9.9", "--no-verify-tag", "--repo", repository.url, "-vv")
    assert "/v2/" not in done.stderr

