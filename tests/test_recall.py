"""How much of what real repositories name is found, told by two oracles that know nothing of promote.

One is a plain walk over every file with PyYAML, the other what `kubectl kustomize` renders. Whatever they see and
promote does not stands in a table here, with the reason; docs/formats.md repeats it.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.image import Repository, Version, parse_reference, parse_repository
from promote.sites import kustomize
from promote.sites.finders import is_scanned
from promote.sites.site import Barred, Fragment
from promote.text.part import Part
from tests import naive
from tests.kubectl import KUBECTL
from tests.readback import hits
from tests.shared import ROOT, shared_data

WANTED = 0.99

# FILE:LINE, what stands there, and why no finder takes it.
MISSED_IN_FILES: tuple[tuple[str, str, str], ...] = ()
# The folder, what it renders, and why that is found in none of the files that it is made from.
MISSED_IN_RENDERED: tuple[tuple[str, str, str], ...] = ()
_REGISTRY = "image-registry.openshift-image-registry.svc:5000"
_NAMESPACES = ("thoth-middletier-prod", "thoth-middletier-stage", "thoth-test-core")
# What is rendered and is no image yet, and who makes one of it.
UNFINISHED = {
    "${cacheRegistry}/velero/velero-plugin-for-microsoft-azure:${VELERO_PLUGIN_AZURE}": "Flux, by postBuild",
    **dict.fromkeys(
        (
            "{{inputs.parameters.inspection-id}}:latest",
            "{{inputs.parameters.THOTH_SOLVER_NAME}}",
            *(f"{_REGISTRY}/{name}/{{{{inputs.parameters.THOTH_SOLVER_NAME}}}}:latest" for name in _NAMESPACES),
        ),
        "Argo Workflows, as the step starts",
    ),
}


@dataclass(frozen=True)
class Repositories:
    """The scanned files of all repositories, and what promote finds in each."""

    root: Path
    files: dict[str, bytes]
    found: dict[str, tuple[Fragment | Barred, ...]]

    @property
    def kustomizations(self) -> list[Path]:
        names = (self.root / path for path in self.files if Path(path).name in naive.KUSTOMIZATIONS)
        return sorted({path.parent for path in names})


@pytest.fixture(scope="module")
def corpus() -> Repositories:
    root = shared_data("corpus")
    paths = (path for path in sorted(root.rglob("*")) if path.is_file())
    files = {path.relative_to(root).as_posix(): path.read_bytes() for path in paths}
    files = {path: data for path, data in files.items() if is_scanned(path.encode())}
    return Repositories(root, files, {path: hits(data, path.encode()) for path, data in files.items()})


def _lines(found: tuple[Fragment | Barred, ...]) -> Iterator[int]:
    """The lines that hits stand on; one that is refused is found too: it is shown, with its reason."""
    for hit in found:
        if isinstance(hit, Barred):
            yield hit.span.line
        elif hit.repository is not None:
            yield from (part.span.line for part in _there(hit))


def _there(hit: Fragment) -> list[Part]:
    return [part for part in (hit.name, hit.tag, hit.digest) if part is not None and part.insert is None]


def _judge(what: str, seen: int, missed: list[tuple[str, str]], table: tuple[tuple[str, str, str], ...]) -> None:
    recall = 1 - len(missed) / seen
    assert missed == [(place, said) for place, said, _ in table]
    assert all(why for _, _, why in table)
    assert recall >= WANTED


def test_what_is_not_found_stands_on_the_page_of_formats() -> None:
    page = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    missed = [said for _, said, _ in (*MISSED_IN_FILES, *MISSED_IN_RENDERED)]
    assert [text for text in missed if f"`{text}`" not in page] == []
    assert [text for text in UNFINISHED if text.removeprefix(_REGISTRY) == text and f"`{text}`" not in page] == []


def test_what_a_plain_walk_sees_is_found(corpus: Repositories) -> None:
    seen = 0
    missed = []
    for path, data in corpus.files.items():
        lines = set(_lines(corpus.found[path]))
        for place in naive.places(path, data) or ():
            seen += 1
            if place.line not in lines:
                missed.append((f"{place.path}:{place.line}", place.said))
    assert seen > 380
    _judge("places in files", seen, missed, MISSED_IN_FILES)


def test_a_plain_walk_reads_nearly_every_file(corpus: Repositories) -> None:
    unread = [path for path, data in corpus.files.items() if naive.places(path, data) is None]
    assert len(unread) < len(corpus.files) / 10
    assert all(b"{{" in corpus.files[path] or b"{%" in corpus.files[path] for path in unread)


def _rendered(folder: Path) -> tuple[Path, str | None]:
    """What a folder renders; None where it does not, as it would have to fetch something or the file is wrong."""
    # Without git on the path and with no way out, a remote base fails at once.
    nowhere = "http://127.0.0.1:1"
    environ = {"PATH": os.devnull, "HOME": os.devnull, "HTTPS_PROXY": nowhere, "HTTP_PROXY": nowhere}
    done = subprocess.run(
        [KUBECTL, "kustomize", folder], check=False, capture_output=True, text=True, timeout=60, env=environ
    )
    return folder, done.stdout if done.returncode == 0 else None


def _said(hit: Fragment | Barred) -> tuple[Repository | None, Version]:
    if isinstance(hit, Barred):
        return hit.repository, hit.version or Version(None)
    tag, digest = (part.value or None if part in _there(hit) else None for part in (hit.tag, hit.digest))
    return hit.repository, Version(tag if isinstance(tag, str) else None, digest if isinstance(digest, str) else None)


def _found(image: str, files: list[tuple[Fragment | Barred, ...]]) -> bool:
    """Whether the files name this very image: at one place, or the name in an `images:` entry and the version below.

    Such an entry puts another name in the place of the one that it matches, and leaves the version as it was.
    """
    reference = parse_reference(image)
    if reference is None:
        return False
    said = {_said(hit) for found in files for hit in found}
    if (reference.repository, reference.version) in said:
        return True
    return any(
        hit.format == kustomize.FORMAT
        and _said(hit) == (reference.repository, Version(None))
        and (parse_repository(hit.identity[-1]), reference.version) in said
        for found in files
        for hit in found
        if isinstance(hit, Fragment)
    )


def test_what_kustomize_renders_is_found(corpus: Repositories) -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        rendered = list(pool.map(_rendered, corpus.kustomizations))
    seen = 0
    missed = []
    unfinished = set()
    for folder, manifests in rendered:
        if manifests is None:
            continue
        made_from = (path.relative_to(corpus.root.resolve()).as_posix() for path in sorted(naive.reached(folder)))
        files = [corpus.found[path] for path in made_from if path in corpus.found]
        for image in sorted(set(naive.images(manifests))):
            if naive.is_template(image):
                unfinished.add(image)
                continue
            seen += 1
            if not _found(image, files):
                missed.append((folder.relative_to(corpus.root).as_posix(), image))
    assert sum(manifests is not None for _, manifests in rendered) > 170
    assert seen > 230
    assert unfinished == set(UNFINISHED)
    _judge("rendered images", seen, missed, MISSED_IN_RENDERED)
