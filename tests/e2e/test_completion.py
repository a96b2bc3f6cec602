"""What a shell completes: the names of commands, environments and apps, in the three shells that are documented."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.program import Program
from tests.servers.registry import needed

CONFIG = """\
version: 1
apps:
  web: {image: ghcr.io/acme/web}
  worker: {image: ghcr.io/acme/worker}
  "svc-*": {image: "ghcr.io/acme/{app}"}
environments:
  dev: {path: dev}
  prod: {path: prod}
  "{team}-test": {path: "teams/{team}"}
"""


def _completed(promote: Program, cwd: Path, words: str, number: int) -> list[str]:
    asked = {"_PROMOTE_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(number)}
    done = promote(cwd=cwd, env=asked)
    assert (done.code, done.stderr) == (0, "")
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "work" / "deep").mkdir(parents=True)
    (tmp_path / "work" / "teams" / "blue").mkdir(parents=True)
    (tmp_path / "work" / "teams" / "blue" / "a.yaml").write_text("a: b\n")
    (tmp_path / "work" / "promote.yaml").write_text(CONFIG)
    return tmp_path / "work"


@pytest.mark.parametrize(
    ("words", "number", "found"),
    [
        ("promote check ", 2, ["blue-test", "dev", "prod"]),
        ("promote to p", 2, ["prod"]),
        ("promote to prod w", 3, ["web", "worker"]),
        ("promote to prod --from d", 4, ["dev"]),
        ("promote set dev wo", 3, ["worker="]),
        ("promote status --app we", 3, ["web"]),
        ("promote diff dev p", 3, ["prod"]),
        ("promote stat", 1, ["status"]),
    ],
)
def test_a_shell_completes_names_of_environments_and_apps(
    promote: Program, folder: Path, words: str, number: int, found: list[str]
) -> None:
    assert _completed(promote, folder / "deep", words, number) == found


@pytest.mark.parametrize("text", [None, "apps: [", "version: 7\n"], ids=["none", "broken", "wrong"])
def test_what_is_wrong_completes_to_nothing_in_silence(promote: Program, tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "promote.yaml").write_text(text)
    assert _completed(promote, tmp_path, "promote check ", 2) == []


def test_a_folder_that_is_named_is_looked_at(promote: Program, folder: Path, tmp_path: Path) -> None:
    assert _completed(promote, tmp_path, f"promote check -C {folder} d", 4) == ["dev"]


_ZSHRC = """\
autoload -U compinit && compinit -D -u
eval "$(_PROMOTE_COMPLETE=zsh_source promote)"
_tell() { print -r -- "$BUFFER" > "$ZDOTDIR/told"; exit }
zle -N _tell
bindkey '^T' _tell
PS1='ready> '
"""


def _by_bash(folder: Path, shell: Mapping[str, str], line: str) -> list[str]:
    words = line.split(" ")
    asked = (
        f'eval "$(_PROMOTE_COMPLETE=bash_source promote)"; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; '
        '_promote_completion promote; printf "%s\\n" "${COMPREPLY[@]}"; complete -p promote'
    )
    *found, told = subprocess.check_output(["bash", "-c", asked], cwd=folder, env=dict(shell), timeout=60).splitlines()
    assert told == b"complete -o nosort -F _promote_completion promote"
    return [each.decode() for each in found]


def _by_fish(folder: Path, shell: Mapping[str, str], line: str) -> list[str]:
    asked = f'_PROMOTE_COMPLETE=fish_source promote | source; complete -C "{line}"'
    told = subprocess.check_output([needed("fish"), "-c", asked], cwd=folder, env=dict(shell), timeout=60)
    return [each.partition("\t")[0] for each in told.decode().splitlines() if each]


def _by_zsh(folder: Path, shell: Mapping[str, str], line: str) -> list[str]:
    """What stands for the last word of a line at a prompt after TAB: zsh completes in its line editor alone."""
    home = Path(shell["HOME"])
    (home / ".zshrc").write_text(_ZSHRC)
    environ = {**shell, "ZDOTDIR": str(home), "TERM": "xterm"}
    ours, theirs = pty.openpty()
    seen, is_typed = b"", False
    try:
        with subprocess.Popen(
            [needed("zsh"), "-d", "-i"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=folder,
            env=environ,
            start_new_session=True,
        ) as child:
            os.close(theirs)
            patience = threading.Timer(60, child.kill)
            patience.start()
            with suppress(OSError):  # so Linux says that the other side is closed
                while more := os.read(ours, 4096):
                    seen += more
                    if not is_typed and b"ready> " in seen:
                        is_typed = True
                        os.write(ours, f"{line}\t\x14".encode())
            child.wait()
            patience.cancel()
    finally:
        os.close(ours)
    assert b"not found" not in seen, seen
    return [(home / "told").read_text().split()[-1]]


@pytest.mark.parametrize("by", [_by_bash, _by_fish, _by_zsh])
@pytest.mark.parametrize(
    ("line", "found"), [("promote to pr", "prod"), ("promote set dev wo", "worker="), ("promote stat", "status")]
)
def test_each_shell_completes(
    folder: Path,
    shell: Mapping[str, str],
    by: Callable[[Path, Mapping[str, str], str], list[str]],
    line: str,
    found: str,
) -> None:
    """zsh and fish were never started: what they are to run was printed, and looked at where they happened to be."""
    assert by(folder, shell, line) == [found]
