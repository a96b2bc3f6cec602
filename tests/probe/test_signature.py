"""`signature`: what cosign is asked, by a program of its name that writes down what it sees."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from promote.gates.signature import SignatureCheck
from promote.image import Repository, Version
from tests.probe.conftest import DIGEST, WEB, Prober

KEY = b"-----BEGIN PUBLIC KEY-----\n"
BY_KEY = SignatureCheck("cosign.pub")


def cosign(prober: Prober, script: str) -> Path:
    """Puts a program called cosign on PATH; the folder that it may write to."""
    folder = prober.folder.parent / "bin"
    folder.mkdir()
    (folder / "cosign").write_text(f"#!/bin/sh\ncd {folder}\n{script}\n")
    (folder / "cosign").chmod(0o755)
    prober.environ["PATH"] = f"{folder}:{os.environ['PATH']}"
    (prober.folder / "cosign.pub").write_bytes(KEY)
    return folder


def words(folder: Path) -> list[list[str]]:
    return [line.split("\0")[:-1] for line in (folder / "asked").read_text().splitlines()]


RECORD = """printf "%s\\0" "$@" >> asked; echo >> asked
for word; do case $word in --key=*) cp "${word#--key=}" key;; esac; done"""


def test_it_is_asked_for_the_digest_by_the_key_of_the_repository(prober: Prober) -> None:
    folder = cosign(prober, RECORD)
    probed = prober(BY_KEY)
    assert (probed.state, probed.why) == ("passed", f"signed: ghcr.io/acme/web@{DIGEST}")
    (asked,) = words(folder)
    assert asked[0] == "verify"
    assert asked[1].startswith("--key=")
    assert asked[2:] == ["--", f"ghcr.io/acme/web@{DIGEST}"]
    assert (folder / "key").read_bytes() == KEY


@pytest.mark.parametrize(
    ("check", "options"),
    [
        (
            SignatureCheck(identity="https://ci.example.com/a b", issuer="https://i.example.com"),
            ["--certificate-identity=https://ci.example.com/a b", "--certificate-oidc-issuer=https://i.example.com"],
        ),
        (
            SignatureCheck(identity_regexp="^https://ci", issuer="https://i.example.com", annotations=(("a", "b"),)),
            [
                "--certificate-identity-regexp=^https://ci",
                "--certificate-oidc-issuer=https://i.example.com",
                "--annotations=a=b",
            ],
        ),
    ],
)
def test_who_signed_without_a_key(check: SignatureCheck, options: list[str], prober: Prober) -> None:
    folder = cosign(prober, RECORD)
    assert prober(check).state == "passed"
    assert words(folder) == [["verify", *options, "--", f"ghcr.io/acme/web@{DIGEST}"]]


def test_a_key_without_a_log(prober: Prober) -> None:
    folder = cosign(prober, RECORD)
    prober(SignatureCheck("./cosign.pub", tlog=False))
    assert words(folder)[0][2] == "--insecure-ignore-tlog=true"


def test_every_image_must_be_signed(prober: Prober) -> None:
    unsigned = 'echo "Error: x" >&2; echo "no matching signatures" >&2; exit 10'
    cosign(prober, f"for word; do :; done; case $word in */api@*) {unsigned};; esac")
    api = Repository("ghcr.io", "acme/api")
    probed = prober(BY_KEY, images=((WEB, Version("1", DIGEST)), (api, Version("1", DIGEST))))
    assert (probed.state, probed.why) == (
        "failed",
        f"cosign finds no signature as asked on ghcr.io/acme/api@{DIGEST}: no matching signatures",
    )


def test_what_it_sees_of_our_environment(prober: Prober) -> None:
    folder = cosign(prober, "env > seen")
    prober.environ |= {"DOCKER_CONFIG": "/d", "AWS_REGION": "eu", "PROMOTE_X": "hidden", "COSIGN_PASSWORD": "hidden"}
    assert prober(BY_KEY).state == "passed"
    seen = (folder / "seen").read_text()
    assert {"DOCKER_CONFIG=/d", "AWS_REGION=eu", "HOME=/nowhere"} <= set(seen.splitlines())
    assert "hidden" not in seen
    assert "s3cret" not in seen


@pytest.mark.parametrize(
    ("check", "asked", "why"),
    [
        (BY_KEY, {"images": ((WEB, Version("1.5.0")),)}, "the digest of ghcr.io/acme/web:1.5.0 is not known"),
        (BY_KEY, {"images": ()}, "web names no image"),
        (SignatureCheck("keys/gone.pub"), {}, "keys/gone.pub: there is no such file in the repository; commit it"),
        (SignatureCheck("link.pub"), {}, "link.pub: cannot be read: symlink; make it a plain file"),
    ],
)
def test_9_1_what_cannot_be_asked_has_failed(
    check: SignatureCheck, asked: dict[str, Any], why: str, prober: Prober
) -> None:
    folder = cosign(prober, RECORD)
    (prober.folder / "link.pub").symlink_to("cosign.pub")
    probed = prober(check, **asked)
    assert (probed.state, probed.why[: len(why)]) == ("failed", why)
    assert not (folder / "asked").exists()


def test_9_1_without_cosign_it_has_failed(prober: Prober) -> None:
    (prober.folder / "cosign.pub").write_bytes(KEY)
    prober.environ["PATH"] = str(prober.folder)
    probed = prober(BY_KEY)
    assert (probed.state, probed.why) == (
        "failed",
        "there is no program 'cosign'; install it, or put its folder on PATH",
    )


def test_9_1_a_cosign_that_does_not_end_has_failed(prober: Prober, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("promote.probe.signature._SECONDS", 0.3)
    cosign(prober, "sleep 60")
    probed = prober(BY_KEY)
    assert (probed.state, "did not end within 0s" in probed.why) == ("failed", True)
