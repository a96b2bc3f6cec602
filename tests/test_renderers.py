"""What Helm and kustomize render, before and after: the intended image changes, as intended, and nothing else."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import helm
from tests.e2e.program import Inside
from tests.kubectl import kustomize
from tests.shared import ROOT

REGISTRY = "registry.example.com/acme"
OLD, NEW = f"sha256:{'1' * 64}", f"sha256:{'2' * 64}"
CONFIG = """\
version: 1
apps:
  web: {{image: {registry}/{app}, aliases: [{aliases}]}}
environments:
  dev: {{path: [{paths}]}}
"""


@dataclass(frozen=True)
class Row:
    """One image: the containers that run it, what `set` is told, what it runs before and after, and in which layers."""

    image: str
    version: str
    before: str
    after: str
    paths: tuple[str, ...]
    aliases: tuple[str, ...] = ()
    container: str = ""

    @property
    def place(self) -> str:
        return self.container or f"{self.image}/main"


def _values(image: str, version: str, before: str, after: str) -> Row:
    return Row(image, version, before, after, ("chart",))


TAG, BOTH = "1.5.0", f"1.5.0@{NEW}"
CHART = (
    _values("registry-repository-tag", TAG, ":1.4.0", ":1.5.0"),
    _values("repository-tag", TAG, ":1.4.0", ":1.5.0"),
    # A number to most readers, if it were not quoted.
    _values("repository-tag", "1.10", ":1.4.0", ":1.10"),
    _values("repository-tag", "0e1", ":1.4.0", ":0e1"),
    _values("repository-tag", "0b1", ":1.4.0", ":0b1"),
    _values("image-tag", "yes", ":1.4.0", ":yes"),
    _values("image-tag", TAG, ":1.4.0", ":1.5.0"),
    _values("image-version", "v1.5.0", ":v1.4.0", ":v1.5.0"),
    _values("image-name-image-tag", TAG, ":1.4.0", ":1.5.0"),
    _values("name-tag", TAG, ":1.4.0", ":1.5.0"),
    _values("string", TAG, ":1.4.0", ":1.5.0"),
    _values("string", BOTH, ":1.4.0", f":1.5.0@{NEW}"),
    _values("string-digest", BOTH, f":1.4.0@{OLD}", f":1.5.0@{NEW}"),
    _values("string-only-digest", BOTH, f"@{OLD}", f"@{NEW}"),
    _values("tag-with-digest", BOTH, f":1.4.0@{OLD}", f":1.5.0@{NEW}"),
    _values("digest-key", BOTH, f":1.4.0@{OLD}", f":1.5.0@{NEW}"),
    _values("sha-key", BOTH, f":1.4.0@{OLD}", f":1.5.0@{NEW}"),
    # Two images of the chart could take its appVersion: so it is nobody's, and a missing tag is inserted.
    _values("no-tag", TAG, ":latest", ":1.5.0"),
    Row("overlay", TAG, ":1.4.0", ":1.5.0", ("chart/values.yaml", "chart/values-prod.yaml")),
    _values("global-registry", TAG, ":1.4.0", ":1.5.0"),
    _values("app-version", TAG, ":1.4.0", ":1.5.0"),
)
OVERLAYS = (
    Row("web", TAG, ":1.4.0", ":1.5.0", ("overlays/dev",), ("web",), "web/web"),
    Row("web", BOTH, ":1.4.0", f":1.5.0@{NEW}", ("overlays/dev",), ("web",), "web/web"),
    Row("web-migrate", TAG, ":1.4.0", ":1.5.0", ("base", "overlays/dev"), (), "web/migrate"),
    Row("worker", TAG, ":1.4.0-dev", ":1.5.0", ("base", "overlays/dev"), (), "web/worker"),
    Row("proxy", TAG, ":1.4.0", ":1.5.0", ("components", "overlays/dev"), ("proxy",), "web/proxy"),
    Row("sweep", BOTH, f"@{OLD}", f"@{NEW}", ("base", "overlays/dev"), (), "sweep/sweep"),
)


def _named(row: Row) -> str:
    return f"{row.image}-{row.version[:6]}"


def _set(promote: Inside, root: Path, row: Row) -> None:
    """The program writes the row's version into working files, and says that it did."""
    config = CONFIG.format(
        registry=REGISTRY, app=row.image, aliases=", ".join(row.aliases), paths=", ".join(row.paths)
    )
    (root / "promote.yaml").write_text(config)
    words = ("set", "-C", root, "--write-only", "--no-verify-tag", "-o", "json", "dev", f"web={row.version}")
    changes = promote.ok(*words).document["changes"]
    assert changes
    assert promote.ok(*words).document["changes"] == []


def _exactly(row: Row, before: str, after: str) -> None:
    """One container of all moved, and not a word beside its image."""
    name, old, new = f"{REGISTRY}/{row.image}", helm.containers(before), helm.containers(after)
    assert old[row.place] == f"{name}{row.before}"
    assert new == {**old, row.place: f"{name}{row.after}"}
    assert before.count(old[row.place]) == 1
    assert after == before.replace(old[row.place], new[row.place])


@pytest.fixture
def promote(tmp_path_factory: pytest.TempPathFactory) -> Inside:
    """The program with an empty home."""
    nowhere = tmp_path_factory.mktemp("nowhere")
    return Inside({"PATH": "/usr/bin:/bin", "HOME": str(nowhere), "PYTHONWARNINGS": "error"}, nowhere)


@pytest.mark.parametrize("row", CHART, ids=_named)
def test_helm_renders_the_new_version_of_one_image(row: Row, promote: Inside, tmp_path: Path) -> None:
    chart = tmp_path / "chart"
    shutil.copytree(ROOT / "fixtures/chart", chart)
    before = helm.render(chart, chart / "values-prod.yaml")
    _set(promote, tmp_path, row)
    _exactly(row, before, helm.render(chart, chart / "values-prod.yaml"))


@pytest.mark.parametrize("row", OVERLAYS, ids=_named)
def test_kustomize_renders_the_new_version_of_one_image(row: Row, promote: Inside, tmp_path: Path) -> None:
    root = tmp_path / "gitops"
    shutil.copytree(ROOT / "fixtures/overlays", root)
    before = kustomize(root / "overlays/dev")
    _set(promote, root, row)
    _exactly(row, before, kustomize(root / "overlays/dev"))


def test_every_container_of_the_chart_has_a_row() -> None:
    chart = ROOT / "fixtures/chart"
    rendered = helm.containers(helm.render(chart))
    assert set(rendered) - {row.place for row in CHART} == {"other-name-tag/main", "proxy/main"}
    assert {row.place for row in OVERLAYS} == set(helm.containers(kustomize(ROOT / "fixtures/overlays/overlays/dev")))
