"""`run`: real commands, what they see, how they end, and that none is started unasked (SEMANTICS 10.2)."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from promote.gates.run import RunCheck
from promote.secret import SecretSettings
from tests.probe.conftest import DIGEST, QUESTION, Prober
from tests.servers.processes import is_alive, wait_until

TOKEN = SecretSettings(env="PROMOTE_T")


def sh(script: str, **more: object) -> RunCheck:
    return replace(RunCheck(("/bin/sh", "-c", script)), **more)  # type: ignore[arg-type]


def test_10_2_without_leave_no_command_is_started(prober: Prober) -> None:
    probed = prober(sh("echo x > started"), allow_run=False)
    assert (probed.state, "needs --allow-run" in probed.why) == ("failed", True)
    assert list(prober.folder.iterdir()) == []


@pytest.mark.parametrize(
    ("script", "state", "why"),
    [
        ("exit 1", "failed", "/bin/sh failed with exit code 1"),
        ("echo out; echo 'not yet well' >&2; exit 2", "failed", "/bin/sh failed with exit code 2: not yet well"),
        ("echo one; echo two; echo; exit 3", "failed", "/bin/sh failed with exit code 3: two"),
        ("kill -9 $$", "failed", "/bin/sh failed with signal 9"),
        ("printf '\\033[31mred\\033[0m\\r\\a\\n' >&2; exit 1", "failed", "/bin/sh failed with exit code 1: red"),
        ("printf 'a\\377b' >&2; exit 1", "failed", "/bin/sh failed with exit code 1: a\ufffdb"),
        ("echo $T; exit 1", "failed", "/bin/sh failed with exit code 1: ***"),
        ("yes | head -c 17000000", "failed", "/bin/sh said more than 16 MiB"),
        ("echo warming up; exit 75", "waiting", "/bin/sh waits: warming up"),
        ("exit 75", "waiting", "/bin/sh waits"),
        ("echo 12 tests", "passed", "/bin/sh passed: 12 tests"),
        ("exit 0", "passed", "/bin/sh passed"),
    ],
)
def test_how_it_ends(script: str, state: str, why: str, prober: Prober) -> None:
    probed = prober(sh(script, env=(("T", TOKEN),)))
    assert (probed.state, probed.why) == (state, why)


def test_a_line_of_a_secret_is_hidden_too(prober: Prober) -> None:
    prober.environ["PROMOTE_KEY"] = "first-of-the-key\nlast-of-the-key\n"
    key = SecretSettings(env="PROMOTE_KEY")
    assert prober(sh('echo "$T"; exit 75', env=(("T", key),))).why == "/bin/sh waits: ***"


def test_a_secret_is_hidden_before_a_line_is_cut(prober: Prober) -> None:
    probed = prober(sh('printf "%0190d%s\\n" 0 "$T"; exit 1', env=(("T", TOKEN),)))
    assert "s3cr" not in probed.why


def test_10_2_a_command_has_a_time_out_and_so_has_what_it_started(prober: Prober) -> None:
    probed = prober(sh("sleep 60 & echo $! > child; wait", timeout=timedelta(seconds=1.4)))
    assert (probed.state, probed.why) == (
        "failed",
        "/bin/sh did not end within 1s; raise `timeout` if it needs longer",
    )
    child = int((prober.folder / "child").read_text())
    wait_until(lambda: not is_alive(child), seconds=5)


def test_10_2_what_it_sees(prober: Prober) -> None:
    """Its variables, the change on stdin, an empty home that is gone afterwards; nothing else of ours."""
    prober.environ |= {"AWS_SECRET_ACCESS_KEY": "x", "GITHUB_TOKEN": "y", "PATH": f".:bin:{os.environ['PATH']}"}
    script = 'env -0 > seen; cat > heard; ls -A "$HOME" > home; pwd >> home'
    assert prober(sh(script, env=(("T", TOKEN), ("KIND", "smoke")))).state == "passed"
    pairs = (pair.partition("=") for pair in (prober.folder / "seen").read_text().split("\0") if pair)
    seen = {name: value for name, _, value in pairs if name not in ("PWD", "SHLVL", "_", "OLDPWD")}
    home = seen.pop("HOME")
    assert seen == {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "TMPDIR": home,
        "T": "s3cret-of-the-server",
        "KIND": "smoke",
        "PROMOTE_ENVIRONMENT": "prod",
        "PROMOTE_APP": "web",
        "PROMOTE_VERSION": f"1.5.0@{DIGEST}",
        "PROMOTE_TAG": "1.5.0",
        "PROMOTE_DIGEST": DIGEST,
        "PROMOTE_OLD": "1.4.0",
        "PROMOTE_IMAGE": f"ghcr.io/acme/web:1.5.0@{DIGEST}",
        "PROMOTE_SOURCE": "test",
    }
    assert json.loads((prober.folder / "heard").read_text()) == {
        "schema": 1,
        "environment": "prod",
        "app": "web",
        "source": "test",
        "version": {"tag": "1.5.0", "digest": DIGEST},
        "old": {"tag": "1.4.0", "digest": None},
        "images": [{"image": "ghcr.io/acme/web", "tag": "1.5.0", "digest": DIGEST}],
    }
    assert (prober.folder / "home").read_text() == f"{prober.folder}\n"
    assert not Path(home).exists()


def test_what_there_is_not_is_empty(prober: Prober) -> None:
    script = 'test "$PROMOTE_OLD$PROMOTE_SOURCE$PROMOTE_DIGEST$PROMOTE_IMAGE" = "" && grep -q \'"old": null\''
    version = replace(QUESTION.version, digest=None)
    assert prober(sh(script), old=None, source=None, version=version, images=()).state == "passed"


def test_a_script_of_the_repository_is_started_from_its_root_without_a_shell(prober: Prober) -> None:
    script = prober.folder / "ci" / "smoke.sh"
    script.parent.mkdir()
    script.write_text('#!/bin/sh\ntest -f ci/smoke.sh && echo "$1" && test "$1" = "; rm -rf x"\n')
    script.chmod(0o755)
    assert prober(RunCheck(("ci/smoke.sh", "; rm -rf x"))).why == "ci/smoke.sh passed: ; rm -rf x"


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (("./smoke.sh",), "there is no ./smoke.sh among the repository's files; commit it to the default branch"),
        (("./folder",), "./folder is no file; correct `command`"),
        (("./plain.sh",), "./plain.sh is not executable in the repository; commit it so: git update-index --chmod=+x"),
        (("no-such-program",), "there is no program 'no-such-program'; install it"),
        # A program is not found among the repository's files by chance.
        (("plain.sh",), "there is no program 'plain.sh'"),
        (("/no/such/program",), "there is no program '/no/such/program'"),
    ],
)
def test_9_1_what_cannot_be_started_has_failed(command: Sequence[str], why: str, prober: Prober) -> None:
    (prober.folder / "plain.sh").write_text("#!/bin/sh\n")
    (prober.folder / "folder").mkdir()
    prober.environ["PATH"] = f".::{os.environ['PATH']}"
    probed = prober(RunCheck(tuple(command)))
    assert (probed.state, probed.why[: len(why)]) == ("failed", why)


def test_10_3_a_secret_that_may_not_be_named_fails_the_check(prober: Prober) -> None:
    probed = prober(sh("echo x > started", env=(("T", SecretSettings(env="HOME")),)))
    assert (probed.state, "may not be named" in probed.why) == ("failed", True)
    assert not (prober.folder / "started").exists()


def test_what_still_runs_is_ended_with_the_session(prober: Prober) -> None:
    probes = prober.open()
    told: list[str] = []
    question = replace(QUESTION, settings=sh("echo $$ > pid; exec sleep 60"))
    thread = threading.Thread(target=lambda: told.append(probes.probe(question).why))
    thread.start()
    pid = prober.folder / "pid"
    wait_until(lambda: pid.exists() and pid.read_text().strip())
    prober.stack.close()
    assert not is_alive(int(pid.read_text()))
    thread.join(5)
    assert told == ["/bin/sh was ended with promote"]
