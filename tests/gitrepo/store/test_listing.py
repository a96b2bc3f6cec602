from __future__ import annotations

import pytest

from promote.gitrepo.store.listing import default_of, heads_of, traced

A, B, LONG = "a" * 40, "b" * 40, "c" * 64
ASKED = ("clone> command=ls-refs", "clone> ref-prefix HEAD", "clone> ref-prefix refs/heads/", "clone> 0000")


def trace(*lines: str) -> bytes:
    """As git writes one."""
    return "".join(f"18:43:02.470917 pkt-line.c:80           packet: {line:>12}\n" for line in lines).encode()


@pytest.mark.parametrize(
    "lines",
    [
        (),
        # Version 0: refs come unasked.
        (f"clone< {A} HEAD", f"clone< {A} refs/heads/main", "clone< 0000"),
        # Cut off before the end.
        (*ASKED, f"clone< {A} refs/heads/main"),
        # Only some were asked for.
        ("clone> command=ls-refs", "clone> ref-prefix refs/heads/main", f"clone< {A} refs/heads/main", "clone< 0000"),
        # Another process's words, as those of a server on this machine.
        tuple(line.replace("clone", "fetch") for line in (*ASKED, f"clone< {A} refs/heads/main", "clone< 0000")),
        # Asked twice, and not answered to the end the second time.
        (*ASKED, f"clone< {A} refs/heads/main", "clone< 0000", *ASKED, f"clone< {A} refs/heads/main"),
    ],
)
def test_what_does_not_tell_of_all_branches_tells_of_none(lines: tuple[str, ...]) -> None:
    assert traced(trace(*lines)) is None


def test_the_branches_that_a_clone_was_told_of() -> None:
    told = (
        "upload-pack> 0000",
        "clone< ls-refs=unborn",
        "clone< 0000",
        *ASKED,
        f"clone< {A} HEAD symref-target:refs/heads/main",
        f"clone< {A} refs/heads/main",
        f"upload-pack> {A} refs/heads/promote/env/other",
        rf"clone< {B} refs/heads/promote/env/caf\303\2517 symref-target:refs/heads/x",
        rf"clone< {B} refs/heads/promote/env/pr\37777777703\37777777674f",
        f"clone< {LONG} refs/heads/x",
        "clone< 0000",
        "clone> command=fetch",
        f"clone> want {A}",
        "clone> 0000",
        f"clone< {B} refs/heads/later",
    )
    assert traced(trace(*told)) == {"main": A, "promote/env/café7": B, "promote/env/prüf": B, "x": LONG}
    assert traced(trace(*ASKED, "clone< unborn HEAD symref-target:refs/heads/main", "clone< 0000")) == {}


def test_what_ls_remote_lists() -> None:
    listing = f"ref: refs/heads/main\tHEAD\n{A}\tHEAD\n{A}\trefs/heads/main\n{B}\trefs/x/refs/heads/y\n".encode()
    assert (default_of(listing), heads_of(listing)) == ("main", {"main": A})
    assert (default_of(f"{A}\tHEAD\n".encode()), heads_of(b"")) == (None, {})
