"""Signed commits, by real keys, verified by git itself."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from promote.errors import GitError, UsageError
from promote.gitrepo.command.git import Git
from promote.gitrepo.key_file import key_file
from promote.gitrepo.store.opening import open_store
from promote.gitrepo.write.commit import make_commit
from promote.gitrepo.write.identity import Attribution, Author, Identity, identity
from tests.gitrepo.person import WHEN, WHO, change

Reach = Callable[[str], Git]
ANN = "Ann <ann@example.com>"
MESSAGE = "sübject\n\nPromote-App: web\n".encode()


def ssh_key(folder: Path, passphrase: str = "") -> Path:
    file = folder / "id"
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", passphrase, "-C", "ann", "-f", str(file)]
    subprocess.run(argv, check=True, stdin=subprocess.DEVNULL)
    return file


@pytest.fixture
def gnupg(environ: dict[str, str]) -> Iterator[Mapping[str, str]]:
    """An environment whose gpg has a secret key of Ann's."""
    home = Path(environ["HOME"]) / ".gnupg"
    home.mkdir(mode=0o700)
    environ["GNUPGHOME"] = str(home)
    argv = ["gpg", "--batch", "--quiet", "--passphrase", "", "--quick-generate-key", ANN, "ed25519", "sign", "never"]
    subprocess.run(argv, check=True, env=environ, capture_output=True)
    yield environ
    subprocess.run(["gpgconf", "--kill", "all"], check=True, env=environ)


def signed(bare: Path, reach: Reach, who: Identity, *config: str) -> tuple[str, str]:
    """The commit that was made, and what git says of its signature."""
    with open_store(reach(str(bare))) as store:
        files = [change("a", b"1")]
        oid = make_commit(store, store.need("main").oid, files, MESSAGE, identity=who, when=WHEN)
        finished = store.git.attempt(*config, "verify-commit", "--raw", oid)
        assert finished.code == 0, finished.stderr
        text = store.git.output("cat-file", "commit", oid).decode()
        return text, finished.stderr.decode()


def unsigned(bare: Path, reach: Reach) -> str:
    with open_store(reach(str(bare))) as store:
        files = [change("a", b"1")]
        oid = make_commit(store, store.need("main").oid, files, MESSAGE, identity=WHO, when=WHEN)
        return store.git.output("cat-file", "commit", oid).decode()


def bare_of_signature(text: str) -> str:
    head, _, rest = text.partition("gpgsig ")
    return head + rest[rest.index("-----END") :].partition("\n")[2].removeprefix(" \n")


@pytest.mark.usefixtures("other")
def test_by_an_ssh_key_of_a_file(bare: Path, reach: Reach, tmp_path: Path) -> None:
    key = ssh_key(tmp_path)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ann@example.com {key.with_suffix('.pub').read_text()}")
    who = replace(WHO, signing=(("gpg.format", "ssh"), ("user.signingKey", str(key))))
    text, said = signed(bare, reach, who, "-c", f"gpg.ssh.allowedSignersFile={allowed}")
    assert 'Good "git" signature for ann@example.com' in said
    assert bare_of_signature(text) == unsigned(bare, reach)


@pytest.mark.usefixtures("other")
def test_by_an_ssh_key_that_came_as_text_and_is_in_no_folder(
    bare: Path, reach: Reach, tmp_path: Path, leftovers: Callable[[], list[str]]
) -> None:
    key = ssh_key(tmp_path)
    allowed = tmp_path / "allowed"
    allowed.write_text(f"ann@example.com {key.with_suffix('.pub').read_text()}")
    pasted = key.read_text().replace("\n", "\r\n").strip()
    key.unlink()
    who = replace(WHO, signing=(("gpg.format", "ssh"),), key=pasted)
    _, said = signed(bare, reach, who, "-c", f"gpg.ssh.allowedSignersFile={allowed}")
    assert 'Good "git" signature for ann@example.com' in said
    assert leftovers() == []
    assert pasted not in repr(who)


@pytest.mark.usefixtures("other")
def test_by_gpg(bare: Path, reach: Reach, gnupg: Mapping[str, str]) -> None:
    assert "GNUPGHOME" in gnupg
    text, said = signed(bare, reach, replace(WHO, signing=(("gpg.format", "openpgp"),)))
    assert f"GOODSIG {said.partition('GOODSIG ')[2].partition(' ')[0]} {ANN}" in said
    assert "-----BEGIN PGP SIGNATURE-----" in text
    assert bare_of_signature(text) == unsigned(bare, reach)


@pytest.mark.usefixtures("other")
def test_a_commit_that_cannot_be_signed_is_an_error_with_its_cure(bare: Path, reach: Reach, tmp_path: Path) -> None:
    locked = ssh_key(tmp_path, "a passphrase")
    for signing, cure in (
        ((("gpg.format", "openpgp"),), "gpg has a secret key"),
        ((("gpg.format", "ssh"), ("user.signingKey", str(tmp_path / "none"))), "user.signingKey"),
        ((("gpg.format", "ssh"), ("user.signingKey", str(locked))), "user.signingKey"),
    ):
        who = replace(WHO, signing=signing)
        with open_store(reach(str(bare))) as store:
            tip = store.need("main").oid
            with pytest.raises(GitError, match="cannot be signed") as caught:
                make_commit(store, tip, [change("a", b"1")], MESSAGE, identity=who, when=WHEN)
        assert cure in caught.value.cure


@pytest.mark.usefixtures("other")
def test_a_broken_key_of_promote_yaml_is_told_as_that(bare: Path, reach: Reach, tmp_path: Path) -> None:
    lines = ssh_key(tmp_path).read_text().splitlines()
    for text, kind, says in (
        ("a word", UsageError, "commit.signing_key: the secret is no private key"),
        ("\n".join(lines[:2]), GitError, "; check the key that commit.signing_key of promote.yaml names"),
    ):
        who = replace(WHO, signing=(("gpg.format", "ssh"),), key=text)
        with open_store(reach(str(bare))) as store:
            tip = store.need("main").oid
            with pytest.raises(kind) as caught:
                make_commit(store, tip, [change("a", b"1")], MESSAGE, identity=who, when=WHEN)
        assert says in str(caught.value)


@pytest.mark.parametrize(
    ("said", "config", "expected"),
    [
        (Attribution(), "", None),
        (Attribution(is_signed=False), "[commit]\ngpgSign = true\n", None),
        (
            Attribution(),
            "[commit]\ngpgSign\n[user]\nsigningKey = A1\n",
            {"gpg.format": "openpgp", "user.signingKey": "A1"},
        ),
        (Attribution(), "[commit]\ngpgSign = yes\n[gpg]\nformat = x509\n", {"gpg.format": "x509"}),
        (Attribution(), "[commit]\ngpgSign = off\n", None),
        (Attribution(is_signed=True), "", {"gpg.format": "openpgp"}),
        (Attribution(is_signed=True, format="gpg"), "[gpg]\nformat = ssh\n", {"gpg.format": "openpgp"}),
        (Attribution(is_signed=True, format="ssh", key="k"), "", {"gpg.format": "ssh"}),
        (Attribution(is_signed=True, format="ssh"), "[gpg \"ssh\"]\ndefaultKeyCommand = x\n", {"gpg.format": "ssh"}),
    ],
)  # fmt: skip
def test_whether_and_how(
    environ: dict[str, str], tmp_path: Path, said: Attribution, config: str, expected: dict[str, str] | None
) -> None:
    (tmp_path / "config").write_text(config)
    told = environ | {"GIT_CONFIG_GLOBAL": str(tmp_path / "config")}
    found = identity(Git(told, directory=tmp_path, worktree=True), told, said)
    assert (None if found.signing is None else dict(found.signing)) == expected
    assert found.key == (said.key if expected is not None else None)


def test_without_a_key_ssh_cannot_sign(environ: dict[str, str], tmp_path: Path) -> None:
    said = Attribution(is_signed=True, format="ssh")
    with pytest.raises(UsageError, match="no key is known"):
        identity(Git(environ, directory=tmp_path, worktree=True), environ, said)


def test_what_is_said_stands_above_git(environ: dict[str, str], tmp_path: Path) -> None:
    said = Attribution(author=Author("A", "a@x"), committer=Author("C", "c@x"))
    told = environ | {"GIT_AUTHOR_NAME": "Eve", "GIT_COMMITTER_EMAIL": "eve@x"}
    assert identity(Git(told, directory=tmp_path, worktree=True), told, said) == Identity(
        Author("A", "a@x"), Author("C", "c@x")
    )


@pytest.mark.parametrize("text", ["", "not a key", "-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----"])
def test_what_is_no_private_key_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(UsageError, match="no private key") as caught, key_file(text):
        raise AssertionError("it was taken")
    assert not text or text not in str(caught.value)


def test_a_key_is_readable_by_this_user_alone_and_gone_afterwards(tmp_path: Path) -> None:
    text = ssh_key(tmp_path).read_text()
    with key_file(text) as path:
        assert path.stat().st_mode & 0o777 == 0o600
        done = subprocess.run(["ssh-keygen", "-y", "-f", str(path)], capture_output=True, check=True)
        assert done.stdout.split()[:2] == (tmp_path / "id.pub").read_bytes().split()[:2]
    assert not path.exists()

