"""A folder full of what must not be read as files of YAML: bounded, each named, and the other files still served."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.shared import ROOT

WEB = "ghcr.io/acme/web"
CONFIG = f"""version: 1
apps: {{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api}}}}
environments: {{dev: {{path: envs}}}}
"""
GOOD = f"image: {WEB}:1.4.0 # kept\n"


def _bomb() -> bytes:
    lines = [f"image: {WEB}:1.4.0", "a0: &a0 [x, x]"]
    lines += [f"a{place}: &a{place} [{', '.join([f'*a{place - 1}'] * 10)}]" for place in range(1, 40)]
    return "\n".join(lines).encode() + b"\n"


def _repo(root: Path, bad: Mapping[str, bytes]) -> Path:
    (root / "envs").mkdir(parents=True)
    (root / "promote.yaml").write_text(CONFIG)
    (root / "envs/good.yaml").write_text(GOOD)
    (root / "envs/api.yaml").write_text("image: ghcr.io/acme/api:1.0.0\n")
    for name, data in bad.items():
        (root / "envs" / name).write_bytes(data)
    return root


def _limited() -> None:
    # A gigabyte of addresses is plenty; what grows beyond it ends in MemoryError instead of taking the machine along.
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


def _run(root: Path, environ: Mapping[str, str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "promote", *words],
        cwd=root,
        env={**environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        preexec_fn=_limited,
    )


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("bad.yaml", _bomb(), None),
        ("bad.yaml", f"image: {WEB}:1.4.0\nx: ".encode() + b"[" * 100_000, "too-deep"),
        ("bad.yaml", f"image: {WEB}:1.4.0\n".encode() + b"- " * 100_000, "not-yaml"),
        ("bad.yaml", f"image: {WEB}:1.4.0\nx: \x00\n".encode(), "not-yaml"),
        ("bad.yaml", f"image: {WEB}:1.4.0\n".encode("utf-16"), "not-utf8"),
        ("bad.yaml", f"image: {WEB}:1.4.0 # ".encode() + b"\xe9\n", "not-utf8"),
        # Over the size that is read, whatever it is.
        ("huge.yaml", f"image: {WEB}:1.4.0\nx: '".encode() + b"y" * (100 << 20) + b"'\n", "unread"),
        ("long.yaml", f"image: {WEB}:1.4.0\nx: '".encode() + b"y" * (15 << 20) + b"'\n", None),
    ],
    ids=["alias bomb", "depth in flow", "depth in block", "nul", "utf-16", "latin-1", "100 MB scalar", "15 MB scalar"],
)  # fmt: skip
def test_a_bad_file_is_named_in_bounded_time_and_memory(
    tmp_path: Path, environ: Mapping[str, str], name: str, data: bytes, code: str | None
) -> None:
    root = _repo(tmp_path / "gitops", {name: data})
    began = time.monotonic()
    done = _run(root, environ, "set", "--write-only", "--no-verify-tag", "dev", "web=1.5.0")
    assert time.monotonic() - began < 30
    assert "Traceback" not in done.stderr
    good = (root / "envs/good.yaml").read_text()
    if code is None:
        assert done.returncode == 0, done.stderr
        assert good == GOOD.replace("1.4.0", "1.5.0")
        assert (root / "envs" / name).read_bytes() == data.replace(b"1.4.0", b"1.5.0", 1)
    elif code == "unread":
        # A file that is too large to be a manifest is told by `check`; another one names the app.
        assert done.returncode == 0, done.stderr
        assert f"envs/{name} is not read: too large" in _run(root, environ, "check").stdout
    else:
        assert done.returncode == 3
        assert f"refused, {code}: envs/{name}:" in done.stderr
        assert good == GOOD
    # Another app is served all the same.
    other = _run(root, environ, "set", "--write-only", "--no-verify-tag", "dev", "api=1.1.0")
    assert other.returncode == 0, other.stderr
    assert (root / "envs/api.yaml").read_text() == "image: ghcr.io/acme/api:1.1.0\n"


def test_what_is_no_file_is_passed_by(tmp_path: Path, environ: Mapping[str, str]) -> None:
    root = _repo(tmp_path / "gitops", {})
    envs = root / "envs"
    (envs / "kustomization.yaml").mkdir()
    (envs / "kustomization.yaml/values.yaml").write_text(GOOD)
    (envs / "loop").symlink_to(".")
    (envs / "loop.yaml").symlink_to("loop.yaml")
    (envs / "up").symlink_to("../..")
    os.mkfifo(envs / "fifo.yaml")
    done = _run(root, environ, "set", "--write-only", "--no-verify-tag", "dev", "web=1.5.0")
    assert done.returncode == 0, done.stderr
    for path in ("good.yaml", "kustomization.yaml/values.yaml"):
        assert (envs / path).read_text() == GOOD.replace("1.4.0", "1.5.0")
    told = _run(root, environ, "check").stdout
    assert "envs/fifo.yaml is not read: not a file" in told
    assert "envs/loop.yaml is not read: symlink" in told
