"""Trees and commits that no git of good faith makes, and those that are only large: read, and never made worse."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from tests.e2e.conftest import Create
from tests.e2e.gitops import Gitops
from tests.e2e.program import Inside

CONFIG = b"""\
version: 1
apps: {web: {image: registry.invalid/acme/web}}
environments: {dev: {path: envs/dev}, test: {path: envs/test}}
"""
OLD = b"kind: Pod\nspec: {containers: [{name: web, image: 'registry.invalid/acme/web:1.0.0'}]}\n"
NEW = OLD.replace(b"1.0.0", b"1.0.1")
SET = ("set", "dev", "web=1.0.1", "--no-verify-tag")

Node = bytes | Mapping[bytes, "Node"]


@pytest.fixture
def gitops(create: Create) -> Gitops:
    return create({"promote.yaml": CONFIG})


def put(gitops: Gitops, node: Node) -> str:
    """The OID of a blob or tree, written as it is, whatever git thinks of it."""
    if isinstance(node, bytes):
        return gitops.git("hash-object", "-w", "--stdin", stdin=node)
    return tree(
        gitops,
        [(b"100644" if isinstance(one, bytes) else b"40000", name, put(gitops, one)) for name, one in node.items()],
    )


def tree(gitops: Gitops, entries: list[tuple[bytes, bytes, str]]) -> str:
    entries = sorted(entries, key=lambda entry: entry[1] + (b"/" if entry[0] == b"40000" else b""))
    raw = b"".join(mode + b" " + name + b"\0" + bytes.fromhex(oid) for mode, name, oid in entries)
    return gitops.git("hash-object", "-t", "tree", "-w", "--literally", "--stdin", stdin=raw)


def commit(
    gitops: Gitops, oid: str, *, head: bytes = b"author A <a@b.c> 0 +0000\ncommitter A <a@b.c> 0 +0000\n"
) -> str:
    """A commit of a tree on main, with `head` between its parent and its message."""
    raw = f"tree {oid}\nparent {gitops.tip()}\n".encode() + head + b"\nmessage\n"
    made = gitops.git("hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=raw)
    gitops.git("update-ref", "refs/heads/main", made)
    return made


def dev(gitops: Gitops, content: Node) -> str:
    """A commit whose envs/dev is `content`."""
    return commit(gitops, put(gitops, {b"promote.yaml": CONFIG, b"envs": {b"dev": content}}))


def changed(gitops: Gitops, since: str) -> dict[bytes, bytes]:
    """Every file that differs from `since`, with what it is now."""
    out = gitops.raw("diff-tree", "-r", "-z", "--no-renames", since, "main").split(b"\0")[:-1]
    return {
        path: gitops.raw("cat-file", "blob", head.split()[3].decode())
        for head, path in zip(out[::2], out[1::2], strict=True)
    }


@pytest.mark.parametrize("name", [b"..", b"."])
def test_a_folder_that_leads_out_is_not_written_to(name: bytes, gitops: Gitops, inside: Inside) -> None:
    tip = dev(gitops, {b"a": {name: {b"x.yaml": OLD}}})
    result = inside(*SET, "--repo", gitops.url)
    assert result.code == 5
    assert f"envs/dev/a/{name.decode()}/x.yaml: is not a path inside a repository" in result.output
    assert gitops.tip() == tip


@pytest.mark.parametrize("name", [b".git", b".GIT", b"git~1", b".git ", ".g\u200cit".encode(), b"..\\x", b"x\\.git"])
def test_what_some_file_system_takes_for_gits_own_folder_is_not_written_to(
    name: bytes, gitops: Gitops, inside: Inside
) -> None:
    tip = dev(gitops, {name: {b"x.yaml": OLD}, b"y.yaml": OLD})
    result = inside(*SET, "--repo", gitops.url)
    if name.startswith(b".git"):
        # It is not even looked into (SEMANTICS 1.5).
        assert result.code == 0, result
        assert changed(gitops, tip) == {b"envs/dev/y.yaml": NEW}
    else:
        assert result.code == 5
        assert "is not a path inside a repository" in result.output
        assert gitops.tip() == tip


def test_names_that_are_odd_and_nothing_else(gitops: Gitops, inside: Inside) -> None:
    names = [b"a\\b.yaml", b"\xff\xfe.yaml", b"A.yaml", b"a.yaml", b"a\nb.yaml", b'"q".yaml', b"-x.yaml", b":x.yaml"]
    names += [b" .yaml", "\u202e.yaml".encode(), b"*.yaml", b"[a].yaml", b"\x1b[2J.yaml", b"%00.yaml", b"a\tb.yaml"]
    tip = dev(gitops, dict.fromkeys(names, OLD))
    result = inside(*SET, "--repo", gitops.url)
    assert result.code == 0, result
    assert changed(gitops, tip) == {b"envs/dev/" + name: NEW for name in names}
    assert all(line.isprintable() for line in result.output.splitlines())


def test_a_file_and_a_folder_of_one_name(gitops: Gitops, inside: Inside) -> None:
    web = [(b"100644", b"web", put(gitops, OLD)), (b"40000", b"web", put(gitops, {b"x.yaml": OLD}))]
    envs = tree(gitops, [(b"40000", b"dev", tree(gitops, web))])
    root = tree(gitops, [(b"40000", b"envs", envs), (b"100644", b"promote.yaml", put(gitops, CONFIG))])
    tip = commit(gitops, root)
    result = inside(*SET, "--repo", gitops.url)
    assert result.code == 5, result
    assert "malformed" in result.output or "in the way" in result.output
    assert gitops.tip() == tip


def test_a_thousand_folders_deep(gitops: Gitops, inside: Inside) -> None:
    oid = put(gitops, {b"x.yaml": OLD})
    for name in (*[b"d"] * 1000, b"dev", b"envs"):
        oid = tree(gitops, [(b"40000", name, oid)])
    envs = gitops.git("rev-parse", f"{oid}:envs")
    tip = commit(gitops, tree(gitops, [(b"40000", b"envs", envs), (b"100644", b"promote.yaml", put(gitops, CONFIG))]))
    path = b"envs/dev/" + b"d/" * 1000 + b"x.yaml"
    result = inside(*SET, "--repo", gitops.url)
    assert result.code == 0, result
    assert changed(gitops, tip) == {path: NEW}


def test_a_hundred_thousand_files_in_one_folder(gitops: Gitops, inside: Inside) -> None:
    one, blob = put(gitops, OLD), put(gitops, b"a: 1\n")
    many = tree(gitops, [(b"100644", b"f%06d.yaml" % number, blob) for number in range(100_000)])
    envs = tree(gitops, [(b"40000", b"dev", tree(gitops, [(b"40000", b"many", many), (b"100644", b"x.yaml", one)]))])
    root = tree(gitops, [(b"40000", b"envs", envs), (b"100644", b"promote.yaml", put(gitops, CONFIG))])
    tip = commit(gitops, root)
    result = inside(*SET, "--repo", gitops.url)
    assert result.code == 0, result
    assert changed(gitops, tip) == {b"envs/dev/x.yaml": NEW}


@pytest.mark.parametrize(
    "head",
    [
        b"author \xff\xfe <\xff> 99999999999999999999 +9999\ncommitter <> -1 -0000\n",
        b"author A <a@b.c> 0 +0000\ncommitter A <a@b.c> 0 +0000\nencoding utf-7\nx-odd: 1\n",
        b"author A <a@b.c> 0 +0000\ncommitter A <a@b.c> 0 +0000\nencoding \x1b[2J\ngpgsig none\n  at all\n",
        b"",
    ],
)
def test_a_tip_whose_header_is_broken(head: bytes, gitops: Gitops, inside: Inside) -> None:
    tip = commit(gitops, put(gitops, {b"promote.yaml": CONFIG, b"envs": {b"dev": {b"x.yaml": OLD}}}), head=head)
    result = inside(*SET, "--repo", gitops.url)
    assert result.code == 0, result
    assert changed(gitops, tip) == {b"envs/dev/x.yaml": NEW}
    assert gitops.git("rev-parse", "main^") == tip
