"""The guides of the documents run, from their first block to their last, and print what they say."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.demo.images import write_layout
from tests.e2e.program import Inside, Result, in_a_shell, words_of
from tests.e2e.sessions import HOME, Command, Written, pages, says, steps
from tests.servers.registry import needed
from tests.shared import ROOT

PAGES = pages(ROOT / "docs")
# What the registry of the guides has.
IMAGES = {
    "acme/web": {"1.4.0": "2026-03-02", "1.4.1": "2026-03-09", "1.5.0": "2026-03-16", "2.0.0-rc.1": "2026-03-23"},
    "acme/api": {"main-7-0c1d2e3": "2026-03-03", "main-12-9f8e7d6": "2026-03-12", "main-101-4a5b6c7": "2026-03-18"},
    "acme/svc-cart": {"1.0.0": "2026-03-02", "1.1.0": "2026-03-20"},
    "acme/svc-mail": {"2.3.0": "2026-03-02", "2.3.1": "2026-03-20"},
}
REGISTRY = "ghcr.io"
URL = re.compile(r"https://git\.example\.com/acme/([a-z-]+)\.git")


class Desk:
    """Where a page is worked through: bare repositories, clones of them, and images in the place of a registry."""

    def __init__(self, top: Path, inside: Inside, shell: Mapping[str, str], images: Path) -> None:
        self.top = top
        self.inside = inside
        config = top / "gitconfig"
        top.mkdir()
        config.write_text("[user]\nname = Ann\nemail = ann@example.com\n[init]\ndefaultBranch = main\n[advice]\n")
        self.environ = {**shell, "GIT_CONFIG_GLOBAL": str(config)}
        self.images = images
        self.here = top
        self.dirty: set[str] = set()

    def _git(self, *words: str, repository: str = "") -> None:
        subprocess.run(["git", *words], cwd=self.top / repository, env=self.environ, check=True, timeout=60)

    def _made(self, repository: str) -> Path:
        clone = self.top / repository
        if not clone.exists():
            self._git("init", "--quiet", "--bare", f"remotes/{repository}.git")
            self._git("init", "--quiet", repository)
            self._git("remote", "add", "origin", str(self.top / f"remotes/{repository}.git"), repository=repository)
            self.here = self.top / HOME
        return clone

    def _placed(self, text: str) -> str:
        return URL.sub(lambda found: (self.top / f"remotes/{found[1]}.git").as_uri(), text)

    def _with_images(self, text: str) -> str:
        return text if "registries:" in text else f"{text}registries: {{{REGISTRY}: {{layout: {self.images}}}}}\n"

    def write(self, step: Written) -> None:
        file = self._made(step.repository) / step.path
        body = self._placed(step.body)
        if step.now:
            if file.name != "promote.yaml":
                self._git("pull", "--quiet", repository=step.repository)
            now = file.read_text()
            assert now in (body, self._with_images(body)), now
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._with_images(body) if file.name == "promote.yaml" else body)
        self.dirty.add(step.repository)

    def _settle(self) -> None:
        """What the page has shown is what the remotes have; and promote.yaml finds the images."""
        for repository in sorted(self.dirty):
            self._git("add", "--all", repository=repository)
            self._git("commit", "--quiet", "--message", "As the page shows", repository=repository)
            self._git("push", "--quiet", "--set-upstream", "origin", "main", repository=repository)
        self.dirty.clear()
        settings = self.here / "promote.yaml"
        if settings.exists():
            settings.write_text(self._with_images(settings.read_text()))

    def run(self, step: Command) -> Result:
        if self.dirty or self.here.name == HOME:
            self._settle()
        command = self._placed(step.text).replace(f"docker://{REGISTRY}", f"oci:{self.images}")
        if found := re.fullmatch(r"cd (\S+)", command):
            self.here = (self.here / found[1]).resolve()
            return Result(0, "", "")
        words = words_of(command)
        if words is None:
            return in_a_shell(command, self.here, self.environ)
        return self.inside(*words, cwd=self.here, env={**self.environ, "COLUMNS": "160"})


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    needed("skopeo")
    folder = tmp_path_factory.mktemp("images")
    for name, tags in IMAGES.items():
        write_layout(folder / name, {tag: f"{day}T09:00:00Z" for tag, day in tags.items()})
    return folder


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem) for page in PAGES])
def test_a_guide_works_as_it_says(
    page: Path, tmp_path: Path, inside: Inside, shell: Mapping[str, str], images: Path
) -> None:
    desk = Desk(tmp_path / "desk", inside, shell, images)
    ran = 0
    for step in steps(page.read_text(encoding="utf-8")):
        if isinstance(step, Written):
            desk.write(step)
            continue
        done = desk.run(step)
        where = f"{page.name}:{step.line}: {step.text}\n{done.stdout}\n--\n{done.stderr}"
        assert done.code == step.exits, where
        if step.printed is not None:
            assert says(step.printed, done.stdout + done.stderr, done.stderr + done.stdout), where
        ran += 1
    assert ran > 2
