"""Judge a run of the tests by its JUnit report: a green run that tested too little is not green.

Usage: verdict.py REPORT. Exit 0 where all holds; 1 with a line for each thing that does not; 2 for wrong usage.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

# A folder that pytest no longer collects takes its tests along in silence. Raise this as the tests grow.
FLOOR = 300

# The one reason to skip: what lies beside the checkout is not there. conftest's `shared_data` says it so.
EXPECTED = "shared data absent:"

Result = Literal["passed", "failed", "error", "skipped", "xfailed"]


@dataclass(frozen=True, slots=True)
class Case:
    name: str
    result: Result
    message: str = ""


def _case(element: ET.Element) -> Case:
    name = f"{element.get('classname', '')}::{element.get('name', '')}"
    if element.find("error") is not None:
        return Case(name, "error")
    if element.find("failure") is not None:
        return Case(name, "failed")
    skipped = element.find("skipped")
    if skipped is None:
        return Case(name, "passed")
    message = skipped.get("message", "")
    return Case(name, "xfailed" if skipped.get("type") == "pytest.xfail" else "skipped", message)


def cases(report: Path) -> tuple[Case, ...]:
    """Every test case of a report; raises OSError or ParseError where it cannot be read."""
    root = ET.parse(report).getroot()  # noqa: S314  (our own pytest has just written it)
    return tuple(_case(element) for element in root.iter("testcase"))


def complaints(found: Iterable[Case]) -> Iterator[str]:
    """A sentence for each thing that must not be; none means that the run counts."""
    found = tuple(found)
    ran = sum(case.result in ("passed", "failed", "error") for case in found)
    if not ran:
        yield "no tests ran"
    elif ran < FLOOR:
        yield f"only {ran} tests ran, fewer than {FLOOR}: is a folder no longer collected?"
    for case in found:
        if case.result in ("failed", "error"):
            yield f"{case.result}: {case.name}"
        elif case.result == "xfailed":
            yield f"expected to fail, which no test here may be: {case.name} ({case.message})"
        elif case.result == "skipped" and not case.message.startswith(EXPECTED):
            yield f"unexpected skip: {case.name} ({case.message})"


def summary(found: Iterable[Case]) -> str:
    """How many of each, and which shared data was absent how often."""
    found = tuple(found)
    counts = Counter(case.result for case in found)
    lines = [", ".join(f"{counts[result]} {result}" for result in ("passed", "failed", "error", "skipped", "xfailed"))]
    absent = Counter(case.message for case in found if case.message.startswith(EXPECTED))
    lines += [f"skipped {count}: {message}" for message, count in sorted(absent.items())]
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    if len(arguments) != 1:
        sys.stderr.write("usage: verdict.py REPORT\n")
        return 2
    try:
        found = cases(Path(arguments[0]))
    except (OSError, ET.ParseError) as error:
        sys.stderr.write(f"verdict: {arguments[0]} is no report of a run: {error}\n")
        return 1
    sys.stdout.write(summary(found) + "\n")
    wrong = tuple(complaints(found))
    for line in wrong:
        sys.stderr.write(f"verdict: {line}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
