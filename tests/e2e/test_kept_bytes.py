"""What Git does to files on their way to disk and back, it does not do to a commit of promote's."""

from __future__ import annotations

import codecs
import os
from pathlib import Path

import pytest

from tests.e2e.bad_cases import WEB_FILE
from tests.e2e.conftest import Create
from tests.e2e.gitops import NEW_WEB, OLD_WEB, Gitops, exactly, files, web_line, working_files
from tests.e2e.program import Inside

SET = ("set", "dev", f"web={NEW_WEB}", "--no-verify-tag")
EDIT = (web_line(OLD_WEB), web_line(NEW_WEB))
# With LF in the repository, and what `ident` and a keyword of a filter would touch.
UNIX = b"# $Id$ caf\xc3\xa9\nimages:\n- name: registry.invalid/acme/web\n  newTag: '1.4.0'  # kept\n"

# what .gitattributes says of the file, and what stands on disk for it
ATTRIBUTES = (
    ("crlf", b"* text eol=crlf\n", UNIX.replace(b"\n", b"\r\n")),
    ("auto", b"* text=auto\n", UNIX),
    ("ident", b"*.yaml ident\n", None),
    ("binary", b"*.yaml binary\n", UNIX),
    ("filter", b"*.yaml filter=turn diff=turn merge=turn\n", codecs.encode(UNIX.decode(), "rot13").encode()),
)


@pytest.fixture
def gitops(create: Create) -> Gitops:
    return create(files("registry.invalid", digest="sha256:" + "0" * 64))


def cloned(gitops: Gitops, tmp_path: Path) -> Path:
    """A clone in which a filter turns every letter into another, and back, and leaves a trace of that."""
    clone = gitops.clone("--no-checkout")
    trace = tmp_path / "trace"
    for way in ("smudge", "clean"):
        gitops.git("config", f"filter.turn.{way}", f"tee -a {trace} | tr a-zA-Z n-za-mN-ZA-M", cwd=clone)
    gitops.git("config", "filter.turn.required", "true", cwd=clone)
    gitops.git("checkout", "--quiet", cwd=clone)
    # As after a while: what was written in the same moment as the index is compared by its bytes.
    for path in (clone / "envs").rglob("*.yaml"):
        os.utime(path, (1e9, 1e9))
    gitops.git("status", "--short", cwd=clone)
    trace.unlink(missing_ok=True)
    return clone


@pytest.mark.parametrize(("attributes", "on_disk"), [row[1:] for row in ATTRIBUTES], ids=[row[0] for row in ATTRIBUTES])
def test_attributes_change_no_byte_of_the_commit(
    attributes: bytes, on_disk: bytes | None, gitops: Gitops, inside: Inside, tmp_path: Path
) -> None:
    gitops.commit({".gitattributes": attributes, WEB_FILE: UNIX})
    clone = cloned(gitops, tmp_path)
    before = working_files(clone)
    assert on_disk is None or before[WEB_FILE] == on_disk
    tree = gitops.tree()
    result = inside(*SET, cwd=clone)
    assert result.code == 0, result
    exactly(tree, gitops.tree(), {WEB_FILE: [EDIT]})
    assert working_files(clone) == before
    assert not (tmp_path / "trace").exists()


@pytest.mark.parametrize("attributes", [row[1] for row in ATTRIBUTES[:-1]], ids=[row[0] for row in ATTRIBUTES[:-1]])
def test_write_only_edits_the_file_as_it_is_on_disk(
    attributes: bytes, gitops: Gitops, inside: Inside, tmp_path: Path
) -> None:
    gitops.commit({".gitattributes": attributes, WEB_FILE: UNIX})
    clone = cloned(gitops, tmp_path)
    before, index = working_files(clone), (clone / ".git" / "index").read_bytes()
    assert inside(*SET, "--write-only", cwd=clone).code == 0
    exactly(before, working_files(clone), {WEB_FILE: [EDIT]})
    assert (clone / ".git" / "index").read_bytes() == index
    # To git the one line has changed, whatever it does to the others.
    told = gitops.git("diff", "--text", "--unified=0", "--", WEB_FILE, cwd=clone).split("@@", 2)[2].splitlines()
    assert [line[0] for line in told[1:]] == ["-", "+"]


def test_a_file_in_another_encoding_on_disk_is_committed_as_the_branch_has_it(
    gitops: Gitops, inside: Inside, tmp_path: Path
) -> None:
    attributes = b"/envs/dev/web/*.yaml working-tree-encoding=UTF-16LE eol=lf text\n"
    gitops.commit({".gitattributes": attributes, WEB_FILE: UNIX})
    clone = cloned(gitops, tmp_path)
    before, tree = working_files(clone), gitops.tree()
    assert before[WEB_FILE] == UNIX.decode().encode("utf-16-le")
    result = inside(*SET, "--write-only", cwd=clone)
    assert (result.code, working_files(clone)) == (3, before), result
    assert inside(*SET, cwd=clone).code == 0
    exactly(tree, gitops.tree(), {WEB_FILE: [EDIT]})
    assert working_files(clone) == before


def test_the_mode_of_a_file_stays(gitops: Gitops, inside: Inside) -> None:
    oid = gitops.git("rev-parse", f"main:{WEB_FILE}")
    clone = gitops.clone()
    gitops.git("update-index", "--cacheinfo", f"100755,{oid},{WEB_FILE}", cwd=clone)
    gitops.git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "x", cwd=clone)
    gitops.git("push", "--quiet", "origin", "main", cwd=clone)
    gitops.git("checkout", "--quiet", ".", cwd=clone)
    assert inside(*SET, cwd=clone).code == 0
    assert gitops.git("ls-tree", "main", WEB_FILE).startswith("100755 blob")
    assert inside(*SET, "--write-only", cwd=clone).code == 0
    assert (clone / WEB_FILE).stat().st_mode & 0o111
    assert web_line(NEW_WEB) in (clone / WEB_FILE).read_bytes()


@pytest.mark.parametrize("files_of", ["branch", "disk"])
def test_links_and_submodules_are_named_and_not_gone_through(
    files_of: str, gitops: Gitops, create: Create, inside: Inside, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    (outside / "web").mkdir(parents=True)
    (outside / "web" / "kustomization.yaml").write_bytes(UNIX)
    inner = create({"kustomization.yaml": UNIX}, "inner.git")
    clone = gitops.clone()
    for name in ("link-to-file.yaml", "link-to-folder", "leaving.yaml", "leaving", "inner"):
        assert not (clone / "envs" / "dev" / name).exists()
    dev = clone / "envs" / "dev"
    (dev / "link-to-file.yaml").symlink_to("web/kustomization.yaml")
    (dev / "link-to-folder").symlink_to("../test")
    (dev / "leaving.yaml").symlink_to(outside / "web" / "kustomization.yaml")
    (dev / "leaving").symlink_to(outside)
    gitops.git("submodule", "--quiet", "add", inner.url, "envs/dev/inner", cwd=clone)
    gitops.git("add", "-A", cwd=clone)
    gitops.git("-c", "user.name=A", "-c", "user.email=a@b.c", "commit", "--quiet", "-m", "x", cwd=clone)
    gitops.git("push", "--quiet", "origin", "main", cwd=clone)
    tip, before, linked = gitops.tip(), working_files(clone), working_files(outside)
    if files_of == "branch":
        assert inside(*SET, cwd=clone).code == 0
        assert gitops.git("diff", "--name-status", tip, "main") == f"M\t{WEB_FILE}"
        assert working_files(clone) == before
    else:
        assert inside(*SET, "--write-only", cwd=clone).code == 0
        seen = {name: data for name, data in working_files(clone).items() if not (clone / name).is_symlink()}
        was = {name: data for name, data in before.items() if name in seen}
        exactly(was, seen, {WEB_FILE: [EDIT]})
        assert (dev / "link-to-file.yaml").is_symlink()
    assert working_files(outside) == linked
    told = inside("check", cwd=clone).output
    for name in ("link-to-file.yaml", "link-to-folder", "leaving.yaml", "leaving", "inner"):
        assert f"envs/dev/{name} is not read" in told
    assert [path.name for path in outside.iterdir()] == ["web"]
