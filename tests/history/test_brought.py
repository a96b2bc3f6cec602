"""What a commit says of an app: raw commits as Git keeps them, of every forge and every encoding."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from promote.duration import MAX_DAYS
from promote.history.brought import brought, said
from promote.image import Version
from promote.question import Carried
from promote.wording.message import message
from promote.wording.trailers import parse

ANN = "Ann <ann@x.org>"
HEAD = b"tree 1\nauthor Ann <ann@x.org> 1000000000 +0000\ncommitter C <c@x.org> 1767614400 +0200\n"
JOERG = HEAD.replace(b"Ann", b"J\xf6rg")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("prod: web 1.5.0", None),
        ("prod: web 1.5.0 (#12) and more", None),
        ("Merge branch 'main'\n\nSee merge request of acme", None),
        ("about\n\nMerge pull request #12 from acme/side", None),
        ("Merge pull request #12 from acme/side\n\nprod: web 1.5.0", "#12"),
        ("Merge pull request #7 in GIT/ops from side to main", "#7"),
        ("Merge pull request 'prod: web' (#8) from acme/side into main", "#8"),
        ("prod: web 1.5.0 (#12)", "#12"),
        ("prod: web 1.5.0 (!34)", "!34"),
        ("Merged PR 5: prod: web 1.5.0", "#5"),
        ("Merged in side (pull request #6)", "#6"),
        ("Merge branch 'side' into 'main'\n\nprod: web\n\nSee merge request acme/git/ops!12", "acme/git/ops!12"),
    ],
)
def test_the_pull_request_that_a_merge_names(text: str, expected: str | None) -> None:
    assert said(HEAD + b"\n" + text.encode()).pull_request == expected


@pytest.mark.parametrize(
    ("raw", "author", "seconds", "subject"),
    [
        (HEAD + b"\nprod: web\n\nbody\n", ANN, 1767614400, "prod: web"),
        (HEAD + b"\n", ANN, 1767614400, ""),
        # A signature stands between; its lines are no headers of their own.
        (HEAD + b"gpgsig -----BEGIN\n author X <x> 1 +0000\n -----END\n\nsigned\n", ANN, 1767614400, "signed"),
        (JOERG + b"encoding ISO-8859-1\n\n\xfcber\n", "J\u00f6rg <ann@x.org>", 1767614400, "\u00fcber"),
        (HEAD + b"encoding no-such\n\n\xfcber\n", ANN, 1767614400, "\ufffdber"),
        # Python knows these, and fails by them in other ways.
        (HEAD + b"encoding idna\n\n\xfcber\n", ANN, 1767614400, "\ufffdber"),
        (HEAD + b"encoding undefined\n\n\xfcber\n", ANN, 1767614400, "\ufffdber"),
        (HEAD + b"encoding utf\0-8\n\n\xfcber\n", ANN, 1767614400, "\ufffdber"),
        # Dates that are none, or out of reach.
        (HEAD.replace(b"1767614400 +0200", b"99999999999999 +0000") + b"\nx", ANN, 247090953600, "x"),
        (HEAD.replace(b"1767614400", b"9" * 5000) + b"\nx", ANN, 247090953600, "x"),
        (HEAD.replace(b"1767614400 +0200", b"-5 +0000") + b"\nx", ANN, 0, "x"),
        (HEAD.replace(b"1767614400 +0200", b"yesterday") + b"\nx", ANN, 0, "x"),
        (b"tree 1\n\nx", "", 0, "x"),
    ],
)
def test_who_and_when(raw: bytes, author: str, seconds: int, subject: str) -> None:
    found = said(raw)
    assert (found.author, found.subject) == (author, subject)
    assert found.committed == datetime.fromtimestamp(seconds, UTC)
    # A soak of any length can be told the end of: it was a fault of promote's own.
    assert found.committed + timedelta(days=MAX_DAYS) > found.committed


@pytest.mark.parametrize(
    ("carried", "runs", "by_hand"),
    [
        (("test", "web", "1.5.0"), Version("1.5.0"), True),
        (("prod", "api", "1.5.0"), Version("1.5.0"), True),
        (("prod", "web", "1.4.0"), Version("1.5.0"), True),
        (("prod", "web", "1.5.0"), "mixed", True),
        (("prod", "web", "1.5.0"), "absent", True),
        (("prod", "web", "1.5.0"), Version("1.5.0"), False),
        (("prod", "web", "1.5.0"), Version("1.5.0", f"sha256:{'a' * 64}"), False),
    ],
)
def test_trailers_count_where_they_speak_of_the_app_and_of_what_it_runs(
    carried: tuple[str, str, str], runs: Version | str, by_hand: bool
) -> None:
    environment, app, tag = carried
    text = message("unrelated", [Carried(environment, app, None, Version(tag), "dev")])
    its = said(HEAD + b"\n" + text.encode())
    made = brought("1", its, None, environment="prod", app="web", runs=runs)  # type: ignore[arg-type]  # its states
    assert made.by_hand is by_hand
    assert made.source == (None if by_hand else "dev")
    # What was merged counts as well as the merge.
    merge = said(HEAD + b"\nMerge branch 'promote/env/prod'")
    again = brought("1", merge, its, environment="prod", app="web", runs=runs)  # type: ignore[arg-type]
    assert again.by_hand is by_hand


def test_a_commit_of_three_hundred_apps_is_read_once_and_not_by_each_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    carried = [Carried("prod", f"app-{number}", None, Version(f"1.{number}"), "dev") for number in range(300)]
    its = said(HEAD + b"\n" + message("unrelated", carried).encode())
    read: list[str] = []

    def counted(text: str) -> Sequence[Carried]:
        read.append(text)
        return parse(text)

    monkeypatch.setattr("promote.history.brought.parse", counted)
    for each in carried:
        made = brought("1", its, its, environment="prod", app=each.app, runs=each.new)
        assert made.source == "dev"
    assert len(read) == 1


@pytest.mark.parametrize(
    ("robot", "by_promote", "who"),
    [(ANN, True, "C <c@x.org>"), (ANN, False, ANN), ("Bot <bot@x.org>", True, ANN), (None, True, ANN)],
)
def test_what_a_robot_is_the_author_of_was_done_by_its_committer(robot: str | None, by_promote: bool, who: str) -> None:
    told = message(None, [Carried("prod", "web", None, Version("1.5.0"))]) if by_promote else "by hand"
    its = said(HEAD + b"\n" + told.encode())
    made = brought("1", its, None, environment="prod", app="web", runs=Version("1.5.0"), robot=robot)
    assert made.author == who
