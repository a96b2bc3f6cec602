from __future__ import annotations

import pytest

from promote.image import Version
from promote.plan.write import Cannot, write
from promote.sites.fold import Layered
from promote.sites.join import join
from tests.sites.objects import D, barred, found, fragments

FILE = b"charts/x/Chart.yaml"
DEPENDENCY = "dependencies:\n- name: web\n  repository: oci://ghcr.io/acme\n  version: %s\n"


@pytest.mark.parametrize(
    "text",
    [
        "name: web\nversion: 1.0.0\n",
        "dependencies: [{name: web, repository: 'https://ghcr.io/acme', version: 1.0.0}]\n",
        "dependencies: [{name: web, repository: 'file://../web', version: 1.0.0}, {name: web}, web]\n",
        "dependencies: [{name: other, repository: 'oci://ghcr.io/acme', version: 1.0.0}]\n",
        "dependencies: [{repository: 'oci://ghcr.io/acme/web', version: 1.0.0}]\n",
        "dependencies: {name: web}\n",
    ],
)
def test_what_names_no_wanted_chart(text: str) -> None:
    assert found(text, FILE) == []


@pytest.mark.parametrize("version", ["^1", "1.x", "'>=1.0.0 <2'", "1.2", "'*'", "~1.2.3"])
def test_a_range_is_no_tag(version: str) -> None:
    assert [bar.code for bar in barred(DEPENDENCY % version, FILE)] == ["range"]


@pytest.mark.parametrize("version", ["1.2.3", "v1.2.3", "1.2.3-rc.1"])
def test_a_dependency(version: str) -> None:
    assert found(DEPENDENCY % version, FILE) == [f"chart - {version} -"]


def test_the_app_version_is_noted() -> None:
    assert found("name: x\nappVersion: '1.4.0'\n", FILE) == ["chart - 1.4.0 -"]
    assert found("name: x\nappVersion: {}\n", FILE) == []


@pytest.mark.parametrize(("version", "tag"), [("1.2.3+b1", "1.2.3_b1"), ("1.2.3", "1.2.3")])
def test_build_metadata_stands_behind_an_underscore_in_the_registry(version: str, tag: str) -> None:
    """A chart's version 1.2.3+b1 was looked for as a tag that no registry can have."""
    (hit,) = fragments(DEPENDENCY % version, FILE)
    (site,) = join("web", [Layered(0, hit)], [], [], tied=lambda *_: True, reaches=lambda *_: False).sites
    assert site.version == Version(tag)
    made = write(site, "2.0.0_b2", None, "keep", explicit=False)
    assert not isinstance(made, Cannot)
    assert [value for _, value in made.wishes] == ["2.0.0+b2"]
    assert made.version == Version("2.0.0_b2")


@pytest.mark.parametrize("tag", ["1.5", "latest", "1", "v1"])
def test_a_tag_that_would_be_a_range_is_not_written(tag: str) -> None:
    """It was written, and refused as a range at the next run."""
    (hit,) = fragments(DEPENDENCY % "1.2.3", FILE)
    (site,) = join("web", [Layered(0, hit)], [], [], tied=lambda *_: True, reaches=lambda *_: False).sites
    made = write(site, tag, None, "keep", explicit=False)
    assert isinstance(made, Cannot)
    assert made.code == "not-exact"


def test_a_version_holds_no_digest() -> None:
    (hit,) = fragments(DEPENDENCY % "1.2.3", FILE)
    (site,) = join("web", [Layered(0, hit)], [], [], tied=lambda *_: True, reaches=lambda *_: False).sites
    made = write(site, "2.0.0", D, "both", explicit=False)
    assert isinstance(made, Cannot)
    assert made.code == "no-place"
