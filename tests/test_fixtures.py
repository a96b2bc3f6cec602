"""Golden folders: `original` with what `case.yaml` asks for is `expected`, to the byte."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from promote.config.settings import Pin
from promote.image import Version, parse_repository
from promote.plan.write import Cannot, write
from promote.sites.finders import read_file
from promote.sites.join import Layered, join
from promote.sites.site import Barred
from promote.sites.wanted import Claim, Wanted
from promote.text.part import Part
from promote.text.proof import Disagreement
from promote.text.rewrite import rewrite
from tests.readback import leaves
from tests.shared import ROOT

FIXTURES = ROOT / "fixtures"
# A folder with a case.yaml is one of these; the no-op rows come first.
CASES = sorted(
    (path.parent.name for path in FIXTURES.glob("*/case.yaml")), key=lambda name: (not name.startswith("noop"), name)
)


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def _applied(path: str, data: bytes, wanted: Wanted, version: Version, pin: Pin) -> bytes:
    """One file with every site of the image at `version`."""
    stream, hits = read_file(path.encode(), data, wanted, ())
    assert stream is not None
    named = [Layered(0, hit) for hit in hits if not isinstance(hit, Barred) and hit.repository is not None]
    barred = [hit for hit in hits if isinstance(hit, Barred) and hit.repository is not None]
    assert not barred
    wishes: list[tuple[Part, str]] = []
    for site in join("web", named, [], [], tied=lambda _weak, _strong: False, reach={}).sites:
        digest = version.digest if pin != "keep" or site.version.digest is not None else None
        made = write(site, version.tag, digest, pin, explicit=False)
        assert not isinstance(made, Cannot), made
        assert made.version == Version(version.tag, digest)
        wishes += made.wishes
    made_file = rewrite(stream, wishes)
    assert not isinstance(made_file, Disagreement), made_file
    return made_file.after


def _check(name: str, folder: str) -> dict[str, bytes]:
    case = yaml.safe_load((FIXTURES / name / "case.yaml").read_text(encoding="utf-8"))
    repository = parse_repository(case["image"])
    assert repository is not None
    wanted = Wanted((Claim("web", (repository,)),))
    version = Version(case["tag"], case.get("digest"))
    files = _files(FIXTURES / name / folder)
    return {path: _applied(path, data, wanted, version, case.get("pin", "keep")) for path, data in files.items()}


def test_there_are_cases() -> None:
    assert len(CASES) > 20
    assert CASES[0].startswith("noop")


@pytest.mark.parametrize("name", CASES)
def test_original_becomes_expected(name: str) -> None:
    expected = _files(FIXTURES / name / "expected")
    assert _check(name, "original") == expected
    assert name.startswith("noop") == (expected == _files(FIXTURES / name / "original"))


@pytest.mark.parametrize("name", CASES)
def test_expected_stays_as_it_is(name: str) -> None:
    assert _check(name, "expected") == _files(FIXTURES / name / "expected")


@pytest.mark.parametrize("name", CASES)
def test_two_readers_agree_on_expected(name: str) -> None:
    for path, data in _files(FIXTURES / name / "expected").items():
        old = _files(FIXTURES / name / "original")[path]
        for before, after in zip(leaves(old), leaves(data), strict=True):
            changed = {place: leaf for place, leaf in after.items() if before.get(place) != leaf}
            assert {tag for tag, _ in changed.values()} <= {"tag:yaml.org,2002:str"}
        one, two = ({place: text for place, (_, text) in found.items()} for found in leaves(data))
        assert one == two
