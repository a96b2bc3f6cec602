"""What ran when, read from branches that have lived (SEMANTICS 6.5)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import UsageError
from promote.estate import scan
from promote.history.walk import walk
from promote.image import Version
from promote.question import Carried, Past
from promote.sites import finders
from promote.sites.wanted import Wanted
from promote.tree import Entry
from promote.wording.message import message
from tests.history.lived import API, PLACE, WEB, Lived, config, told, web

FILE = "prod/kustomization.yaml"
A, B = (f"sha256:{letter * 64}" for letter in "ab")


@pytest.fixture
def lived(tmp_path: Path) -> Lived:
    return Lived.begin(tmp_path)


def carried(version: str, *, source: str | None = "test", undone: str | None = None) -> str:
    """A commit's message as promote writes it."""
    gates = (("soak", "hotfix"),) if undone is None else ()
    gone = None if undone is None else Version(undone)
    return message(None, [Carried("prod", "web", Version("0.9"), Version(version), source, gates, (), gone)])


# Commits of one file, the oldest first, and the stretches that come of them, the newest first.
LIVES: list[tuple[list[str | None], list[str]]] = [
    # What changes no version is no beginning.
    ([web("1.0"), web("1.0", note="a comment")], ["1.0 1 by hand"]),
    ([web("1.0"), web("1.0") + f"- name: {API}\n  newTag: '7'\n"], ["1.0 1 by hand"]),
    # An app that was never there.
    (["kind: Kustomization\n", "kind: Kustomization\n# still\n"], []),
    ([web("1.0"), web("1.1")], ["1.1 2 by hand", "1.0 1 by hand"]),
    # A revert starts anew.
    ([web("1.0"), web("1.1"), web("1.0")], ["1.0 3 by hand", "1.1 2 by hand", "1.0 1 by hand"]),
    # So does a digest that changed under the same tag.
    (
        [web(f"main@{A}"), web(f"main@{B}"), web(f"main@{B}", note="same")],
        [f"main@{'b' * 12} 2 by hand", f"main@{'a' * 12} 1 by hand"],
    ),
    # Away for a while; what was not there at first has no beginning.
    (
        ["kind: Kustomization\n", web("1.0"), None, web("1.0")],
        ["1.0 4 by hand", "absent 3 by hand", "1.0 2 by hand"],
    ),
    # A file that could not be read then.
    ([web("1.0"), f"images: [{WEB}:1\n", web("1.0")], ["1.0 3 by hand", "unreadable 2 by hand", "1.0 1 by hand"]),
    ([web("1.0"), web("1.1") + f"- name: {WEB}\n  newTag: '2.0'\n"], ["mixed 2 by hand", "1.0 1 by hand"]),
]


@pytest.mark.parametrize(("life", "expected"), LIVES)
def test_6_5_a_stretch_begins_where_the_effective_version_changed(
    lived: Lived, life: list[str | None], expected: list[str]
) -> None:
    for text in life:
        lived.commit({FILE: text})
    past = lived.past()
    assert told(past) == expected
    assert past.is_whole
    assert past.ends == ""


def test_6_5_a_stronger_layer_hides_what_changes_below_it(lived: Lived) -> None:
    lived.commit({"base/web.yaml": f"image: {{repository: {WEB}, tag: '1.0'}}\n"})
    lived.commit({"prod/web.yaml": f"image: {{repository: {WEB}, tag: '1.0'}}\n"})
    lived.commit({"base/web.yaml": f"image: {{repository: {WEB}, tag: '2.0'}}\n"})
    lived.commit({"prod/web.yaml": f"image: {{repository: {WEB}, tag: '1.1'}}\n"})
    assert told(lived.past()) == ["1.1 4 by hand", "1.0 1 by hand"]


def test_6_5_what_a_kustomization_stands_above_changes_nothing(lived: Lived) -> None:
    deployment = f"""\
        kind: Deployment
        apiVersion: apps/v1
        metadata: {{name: web}}
        spec: {{template: {{spec: {{containers: [{{name: c, image: '{WEB}:0.1'}}]}}}}}}
        """
    lived.commit({FILE: "resources: [w.yaml]\n" + web("1.0"), "prod/w.yaml": deployment})
    lived.commit({"prod/w.yaml": deployment.replace("0.1", "0.2")})
    assert told(lived.past()) == ["1.0 1 by hand"]
    lived.commit({FILE: web("1.0")})
    assert told(lived.past())[0] == "mixed 3 by hand"


def test_6_5_merges_count_by_their_first_parent_and_the_time_at_which_they_were_made(lived: Lived) -> None:
    lived.commit({FILE: web("1.0")})
    side = lived.commit({FILE: web("1.1")}, carried("1.1"), branch="side", onto=lived.tip)
    lived.commit({"README": "on main meanwhile\n"})
    merge = lived.commit(
        {FILE: web("1.1")}, "Merge pull request #12 from acme/side\n\nprod: web", merge=[side], author="Bob <b@x.org>"
    )
    past = lived.past()
    assert told(past) == ["1.1 4 from test", "1.0 1 by hand"]
    made = past.stretches[0].brought
    assert made is not None
    assert (made.commit, made.author, made.pull_request) == (merge, "Bob <b@x.org>", "#12")


def test_6_5_a_merge_that_brings_nothing_is_no_beginning(lived: Lived) -> None:
    base = lived.commit({FILE: web("1.0")})
    side = lived.commit({"README": "a\n"}, branch="side", onto=base)
    lived.commit({FILE: web("1.1")})
    lived.commit({"README": "a\n"}, "Merge branch 'side'", merge=[side])
    assert told(lived.past()) == ["1.1 3 by hand", "1.0 1 by hand"]


def test_trailers_say_where_a_version_came_from_and_a_person_who_changes_it_after_does_it_by_hand(
    lived: Lived,
) -> None:
    lived.commit({FILE: web("1.0")}, carried("1.0"))
    # The message speaks of 1.1; what it brought is another one.
    lived.commit({FILE: web("1.2")}, carried("1.1"))
    lived.commit({FILE: web("1.0")}, carried("1.0", source=None, undone="1.2"))
    past = lived.past()
    assert told(past) == ["1.0 3 from None", "1.2 2 by hand", "1.0 1 from test"]
    rollback, by_hand, first = (stretch.brought for stretch in past.stretches)
    assert rollback is not None
    assert by_hand is not None
    assert first is not None
    assert (rollback.undone, first.undone) == (Version("1.2"), None)
    assert (first.skipped_gates, by_hand.skipped_gates) == ((("soak", "hotfix"),), ())


def test_of_several_images_each_has_its_own_digest(lived: Lived) -> None:
    def files(first: str, second: str) -> dict[str, str | None]:
        entries = f"- name: {API}\n  newTag: '7'\n  digest: {first}\n- name: {API}-migrate\n  digest: {second}\n"
        return {FILE: f"kind: Kustomization\nimages:\n{entries}"}

    lived.commit(files(A, A))
    lived.commit(files(A, B))
    past = lived.past("api")
    assert told(past) == ["7 2 by hand", "7 1 by hand"]
    digests = [[(str(image), version.digest) for image, version in each.images] for each in past.stretches]
    assert digests == [[(API, A), (f"{API}-migrate", B)], [(API, A), (f"{API}-migrate", A)]]


def test_no_more_is_walked_than_is_asked_for(lived: Lived) -> None:
    for number in range(6):
        lived.commit({FILE: web(f"1.{number}")})
    assert told(lived.past(least=2)) == ["1.5 6 by hand", "1.4 5 by hand"]
    assert lived.past(least=2) == Past(lived.past(least=2).stretches, is_whole=False)
    whole = lived.past(least=6)
    assert (whole.is_whole, len(whole.stretches)) == (True, 6)
    few = lived.past(most=3)
    assert told(few) == ["1.5 6 by hand", "1.4 5 by hand", "1.3 ?"]
    assert (few.is_whole, few.ends) == (False, "no more than 3 commits were looked at")


def test_two_apps_of_one_walk_are_each_as_when_they_are_alone(lived: Lived) -> None:
    for number in range(4):
        lived.commit({FILE: web(f"1.{number}") + f"- name: {API}\n  newTag: '{number // 2}'\n"})
    alone = {app: lived.past(app, least=2) for app in ("web", "api")}
    together = walk(config(), lived.history(), PLACE, lived.tip, "prod", {"web": 2, "api": 2})
    assert together["web"].stretches == alone["web"].stretches
    assert together["api"].stretches == alone["api"].stretches
    assert together["api"].is_whole


def test_a_mistake_of_an_old_commit_is_no_end_of_history(lived: Lived) -> None:
    fine = f"image: '{WEB}:1.0'\n"
    wrong = f"image: '{WEB}:1.0' # promote: api\n"
    lived.commit({"prod/values.yaml": fine})
    lived.commit({"prod/values.yaml": wrong})
    with pytest.raises(UsageError, match="belongs to two apps"):
        lived.past()
    lived.commit({"prod/values.yaml": fine})
    assert told(lived.past()) == ["1.0 3 by hand", "unreadable 2 by hand", "1.0 1 by hand"]


def test_paths_are_those_of_today(lived: Lived) -> None:
    lived.commit({"old/kustomization.yaml": web("1.0")})
    lived.commit({"old/kustomization.yaml": None, FILE: web("1.0")})
    assert told(lived.past()) == ["1.0 2 by hand"]


def test_only_what_matters_is_read_and_each_file_once(lived: Lived, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        lived.commit({FILE: web("1.0" if number % 2 else "1.1"), f"elsewhere/{number}.yaml": "a: 1\n"})
    for number in range(5):
        lived.commit({f"elsewhere/{number}.yaml": "a: 2\n"})
    parsed: list[bytes] = []
    read_file = finders.read_file

    def noted(path: bytes, data: bytes, *rest: object) -> object:
        parsed.append(data)
        return read_file(path, data, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(scan, "read_file", noted)
    assert len(told(lived.past())) == 5
    # Five stretches of two contents.
    assert len(parsed) == 2


def test_names_and_messages_of_others_are_only_text(lived: Lived) -> None:
    lived.commit({FILE: web("1.0")}, "\x01odd\x1b[31m \t subject\n\n\nbody", author="O'Neil \x1b[0m <o@x>")
    (stretch,) = lived.past().stretches
    assert stretch.brought is not None
    assert stretch.brought.by_hand
    assert "odd" in stretch.brought.subject


def test_of_each_file_only_its_last_contents_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def noted(path: bytes, data: bytes, *_: object) -> scan.Read:
        read.append(data)
        return None, ()

    monkeypatch.setattr(scan, "read_file", noted)
    readings = scan.Readings()
    for number in [*range(6), 5, 4, 3, 2, 0]:
        entry = Entry(FILE.encode(), 0o100644, f"{number:040}")
        readings.read(entry, b"%d" % number, Wanted(()), (), sure=True)
    assert read == [b"0", b"1", b"2", b"3", b"4", b"5", b"0"]
