"""What a commit says of itself: read back exactly, by promote and by git, and never forged."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.image import Version
from promote.question import Carried, HoldChange
from promote.wording.trailers import base_of, holds_on_of, parse, parse_holds, trailers

DIGEST = f"sha256:{'a' * 64}"
names = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,12}", fullmatch=True)
tags = st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,20}", fullmatch=True)
versions = st.one_of(
    st.builds(Version, tags), st.builds(Version, tags, st.just(DIGEST)), st.just(Version(None, DIGEST))
)
# What a reason becomes is one line; what is one line already stays as it is.
reasons = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1).map(str.strip).filter(bool)
carried = st.builds(
    Carried,
    names,
    names,
    st.none() | versions,
    versions,
    st.none() | names,
    st.lists(st.tuples(names, reasons), max_size=2).map(tuple),
    st.lists(st.tuples(st.just("ghcr.io/acme/web"), st.just(DIGEST)), max_size=2).map(tuple),
    st.none() | versions,
)


def _key(item: Carried) -> tuple[str, str, str]:
    return item.environment, item.source or "", item.app


@given(st.lists(carried, min_size=1, max_size=6, unique_by=_key))
def test_what_is_written_is_read_back(items: list[Carried]) -> None:
    assert list(parse(f"subject\n\n{trailers(items)}\n")) == sorted(items, key=_key)


moments = st.none() | st.datetimes(min_value=datetime(1000, 1, 1), max_value=datetime(9998, 1, 1)).map(
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
holds = st.builds(
    HoldChange, names, names | st.just("*"), st.none() | versions, st.just("held"), reasons | st.just(""), moments,
    reasons | st.just(""), moments
) | st.builds(HoldChange, names, names | st.just("*"), st.none() | versions, st.just("released"))  # fmt: skip


@given(st.lists(carried, max_size=2, unique_by=_key), st.lists(holds, max_size=4))
def test_8_3_holds_are_read_back_and_are_nothing_else(items: list[Carried], held: list[HoldChange]) -> None:
    message = f"subject\n\n{trailers(items, base='a' * 40, holds=held)}\n"
    assert list(parse_holds(message)) == held
    assert list(parse(message)) == sorted(items, key=_key)


@given(st.lists(carried, min_size=1, max_size=4, unique_by=_key), st.text(max_size=200))
def test_nothing_in_a_reason_is_read_as_more_than_a_reason(items: list[Carried], reason: str) -> None:
    evil = [Carried(each.environment, each.app, each.old, each.new, each.source, (("from", reason),)) for each in items]
    read = parse(f"subject\n\n{trailers(evil)}\n")
    assert [(_key(each), each.old, each.new) for each in read] == [
        (_key(each), each.old, each.new) for each in sorted(items, key=_key)
    ]


@pytest.mark.parametrize(
    "reason",
    [
        "a\nPromote-App: evil\nPromote-Version: 6.6.6",
        "a\r\n\r\nPromote-Environment: prod",
        "a\u2028Promote-App: evil\u0085x",
    ],
)
def test_a_reason_of_several_lines_forges_no_trailer(reason: str) -> None:
    item = Carried("prod", "web", None, Version("1.0.0"), "test", (("from", reason),))
    (read,) = parse(f"x\n\n{trailers([item])}")
    assert (read.app, read.new) == ("web", Version("1.0.0"))
    assert "\n" not in read.skipped_gates[0][1]


def test_only_the_last_paragraph_counts() -> None:
    block = trailers([Carried("prod", "web", None, Version("1.0.0"))])
    assert parse(f"subject\n\n{block}\n\nSigned-off-by: Ann <ann@example.com>\n") == []
    assert parse(block.replace("Promote-App", "promote-app")) == []


def test_git_reads_the_same(tmp_path: Path) -> None:
    items = [
        Carried("prod", "web", Version("1.4.0", DIGEST), Version("1.5.0", DIGEST), "test", (("from", "see #1: now"),)),
        Carried("prod", "api", None, Version("2.0.0"), "test"),
    ]
    message = f"prod: web 1.5.0\n\n- a list\n\n{trailers(items)}\n"
    done = subprocess.run(
        ["git", "interpret-trailers", "--parse"], cwd=tmp_path, input=message.encode(), capture_output=True, check=True
    )
    assert done.stdout.decode().rstrip("\n") == trailers(items)
    assert list(parse(done.stdout.decode())) == sorted(items, key=_key)


@pytest.mark.parametrize("on", [None, "none", "0123456789abcdef"])
def test_which_file_of_holds_a_pull_request_was_made_on_is_read_back(on: str | None) -> None:
    items = [Carried("prod", "web", None, Version("1.4.0"), undone=Version("1.5.0"))]
    message = f"Promote-Holds-On: forged\n\n{trailers(items, base='1' * 40, holds_on=on)}\n"
    assert (holds_on_of(message), base_of(message), list(parse(message))) == (on, "1" * 40, items)
    # A commit that is no pull request's stands on nothing that could change under it.
    assert holds_on_of(trailers(items, holds_on=on)) is None
