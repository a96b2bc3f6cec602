"""`.ci/verdict.py` on made-up reports: what it must not let pass comes first."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.shared import ROOT

PASSED = '<testcase classname="tests.a" name="test_ok"/>'
FAILED = '<testcase classname="tests.a" name="test_no"><failure message="assert 0">…</failure></testcase>'
BROKEN = '<testcase classname="tests.a" name="test_setup"><error message="fixture">…</error></testcase>'
XFAILED = '<testcase classname="tests.a" name="test_later"><skipped type="pytest.xfail" message="bug"/></testcase>'
ENOUGH = PASSED * 300


def _skipped(message: str) -> str:
    skipped = f'<skipped type="pytest.skip" message="{message}"/>'
    return f'<testcase classname="tests.a" name="test_skip">{skipped}</testcase>'


def _judge(tmp_path: Path, testcases: str) -> subprocess.CompletedProcess[str]:
    report = tmp_path / "junit.xml"
    report.write_text(f'<?xml version="1.0"?><testsuites><testsuite name="pytest">{testcases}</testsuite></testsuites>')
    return _run(str(report))


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / ".ci/verdict.py"), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    ("testcases", "complaint"),
    [
        ("", "no tests ran"),
        (_skipped("shared data absent: corpus") * 400, "no tests ran"),
        (PASSED, "only 1 tests ran, fewer than 300"),
        (PASSED * 299 + _skipped("shared data absent: corpus"), "only 299 tests ran, fewer than 300"),
        (ENOUGH + _skipped("no docker-registry"), "unexpected skip: tests.a::test_skip (no docker-registry)"),
        # The reason must stand first: a message that only mentions it is another skip.
        (ENOUGH + _skipped("not because of shared data absent: x"), "unexpected skip: tests.a::test_skip"),
        # A whole module that skips itself hides how many tests it had.
        (ENOUGH + _skipped("collection skipped"), "unexpected skip: tests.a::test_skip (collection skipped)"),
        (ENOUGH + XFAILED, "expected to fail, which no test here may be: tests.a::test_later (bug)"),
        (ENOUGH + FAILED, "failed: tests.a::test_no"),
        (ENOUGH + BROKEN, "error: tests.a::test_setup"),
    ],
)
def test_refused(tmp_path: Path, testcases: str, complaint: str) -> None:
    judged = _judge(tmp_path, testcases)
    assert (judged.returncode, complaint in judged.stderr) == (1, True), judged.stderr


def test_enough_passed_tests_are_taken(tmp_path: Path) -> None:
    judged = _judge(tmp_path, ENOUGH)
    assert (judged.returncode, judged.stderr) == (0, "")
    assert judged.stdout == "300 passed, 0 failed, 0 error, 0 skipped, 0 xfailed\n"


def test_absent_shared_data_is_taken_counted_and_printed(tmp_path: Path) -> None:
    testcases = ENOUGH + _skipped("shared data absent: corpus/b") + _skipped("shared data absent: corpus/a") * 2
    judged = _judge(tmp_path, testcases)
    assert (judged.returncode, judged.stderr) == (0, "")
    assert judged.stdout.splitlines() == [
        "300 passed, 0 failed, 0 error, 3 skipped, 0 xfailed",
        "skipped 2: shared data absent: corpus/a",
        "skipped 1: shared data absent: corpus/b",
    ]


def test_a_report_that_is_not_there_or_cut_is_refused(tmp_path: Path) -> None:
    cut = tmp_path / "cut.xml"
    cut.write_text("<testsuites><testsuite>")
    for path in (cut, tmp_path / "none.xml"):
        judged = _run(str(path))
        assert judged.returncode == 1
        assert judged.stderr.startswith(f"verdict: {path} is no report of a run: ")


def test_wrong_usage() -> None:
    assert _run().returncode == 2


def test_what_pytest_writes_is_what_is_read(tmp_path: Path) -> None:
    """The made-up reports above are worth nothing if pytest's own look different."""
    (tmp_path / "test_it.py").write_text(
        "import pytest\n"
        "def test_ok(): pass\n"
        "def test_absent(): pytest.skip('shared data absent: corpus')\n"
        "def test_skip(): pytest.skip('too slow')\n"
        "def test_no(): assert 0\n"
        "@pytest.fixture\ndef bad(): raise RuntimeError\n"
        "def test_setup(bad): pass\n"
        "@pytest.mark.xfail(reason='bug')\ndef test_later(): assert 0\n"
    )
    report = tmp_path / "junit.xml"
    options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null", "--rootdir", str(tmp_path), f"--junitxml={report}"]
    subprocess.run(
        [sys.executable, "-m", "pytest", *options, "test_it.py"], cwd=tmp_path, stdout=subprocess.DEVNULL, check=False
    )
    judged = _run(str(report))
    assert judged.returncode == 1
    assert judged.stdout.splitlines() == [
        "1 passed, 1 failed, 1 error, 2 skipped, 1 xfailed",
        "skipped 1: shared data absent: corpus",
    ]
    assert judged.stderr.splitlines() == [
        "verdict: only 3 tests ran, fewer than 300: is a folder no longer collected?",
        "verdict: unexpected skip: test_it::test_skip (too slow)",
        "verdict: failed: test_it::test_no",
        "verdict: error: test_it::test_setup",
        "verdict: expected to fail, which no test here may be: test_it::test_later (bug)",
    ]
