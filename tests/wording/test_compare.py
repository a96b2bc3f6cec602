"""Compare links: built from labels, which are hostile text until shown otherwise."""

from __future__ import annotations

import pytest

from promote.image import Repository, Version
from promote.question import Absent, Answer, Answers, Carried, Facts, Known, Question, Unknown, drive
from promote.wording.compare import REVISION, SOURCE, compare_link
from promote.wording.links import Link, links
from promote.wording.message import message, wants_links

GITHUB = "https://github.com/acme/web"


@pytest.mark.parametrize(
    ("source", "revisions", "before"),
    [
        ("", ("a1", "b2"), GITHUB),
        (GITHUB, ("a1", "b2"), ""),
        (GITHUB, ("a1", "b2"), "https://github.com/acme/other"),
        (GITHUB, ("", "b2"), GITHUB),
        (GITHUB, ("a1", "a1"), GITHUB),
        (GITHUB, ("a1", "b2\nPromote-App: x"), GITHUB),
        (GITHUB, ("a1", "b2..c3"), GITHUB),
        (GITHUB, ("a1", "<script>"), GITHUB),
        (GITHUB, ("a1", "b" * 101), GITHUB),
    ]
    + [
        (source, ("a1", "b2"), source)
        for source in (
            "javascript:alert(1)",
            "ftp://github.com/acme/web",
            "https://user:secret@github.com/acme/web",
            "https://github.com",
            "https://github.com/acme/../../evil",
            "https://github.com/acme/web?x=1",
            "https://github.com/acme/web#x",
            "https://github.com/acme/<b>",
            "https://git hub.com/acme/web",
            "https://[::1/acme/web",
            "https://github.com:port/acme/web",
            "github.com/acme/web",
        )
    ],
)
def test_no_link(source: str, revisions: tuple[str, str], before: str) -> None:
    old, new = revisions
    assert compare_link({SOURCE: before, REVISION: old}, {SOURCE: source, REVISION: new}) is None


@pytest.mark.parametrize(
    ("source", "url"),
    [
        (GITHUB, f"{GITHUB}/compare/a1...b2"),
        (f" {GITHUB}.git ", f"{GITHUB}/compare/a1...b2"),
        ("http://GitHub.com/acme/web/", f"{GITHUB}/compare/a1...b2"),
        ("git@github.com:acme/web.git", f"{GITHUB}/compare/a1...b2"),
        ("ssh://git@github.com/acme/web.git", f"{GITHUB}/compare/a1...b2"),
        ("https://git.example.com:8443/acme/web", "https://git.example.com:8443/acme/web/compare/a1...b2"),
        ("https://gitlab.com/acme/group/web", "https://gitlab.com/acme/group/web/-/compare/a1...b2"),
        ("https://codeberg.org/acme/web", "https://codeberg.org/acme/web/compare/a1...b2"),
        ("https://bitbucket.org/acme/web", "https://bitbucket.org/acme/web/branches/compare/b2%0Da1"),
        (
            "https://dev.azure.com/acme/shop/_git/web",
            "https://dev.azure.com/acme/shop/_git/web/branchCompare?baseVersion=GCa1&targetVersion=GCb2",
        ),
    ],
)
def test_a_link(source: str, url: str) -> None:
    assert compare_link({SOURCE: source, REVISION: "a1"}, {SOURCE: source, REVISION: "b2"}) == url


def test_a_revision_may_be_a_branchs_name_and_is_quoted() -> None:
    old, new = {SOURCE: GITHUB, REVISION: "v1+build"}, {SOURCE: GITHUB, REVISION: "feature/x"}
    assert compare_link(old, new) == f"{GITHUB}/compare/v1%2Bbuild...feature%2Fx"


WEB, JOB = Repository("ghcr.io", "acme/web"), Repository("ghcr.io", "acme/job")
BUMP = Carried("dev", "web", Version("1"), Version(None, "sha256:" + "b" * 64))


def labels(revision: str) -> Known:
    return Known("sha256:" + "a" * 64, labels=((SOURCE, GITHUB), (REVISION, revision)))


def answered(answers: dict[tuple[str, str], Answer], carried: list[Carried]) -> tuple[Link, ...]:
    def gather(questions: frozenset[Question]) -> Answers:
        found: dict[Question, Answer] = {}
        for question in questions:
            assert isinstance(question, Facts)
            assert question.what == {"labels"}
            found[question] = answers.get((question.repository.path, question.reference), Absent("not there"))
        return found

    return drive(links(carried, lambda _: (JOB, WEB)), gather)


@pytest.mark.parametrize("old", [Unknown("registry is down", 4), Absent("gone"), labels("b2")])
def test_a_fact_that_is_missing_costs_a_link_and_nothing_else(old: Answer) -> None:
    assert answered({("acme/web", "1"): old, ("acme/web", "sha256:" + "b" * 64): labels("b2")}, [BUMP]) == ()


def test_what_is_new_has_no_link() -> None:
    assert answered({}, [Carried("dev", "web", None, Version("2"))]) == ()


def test_one_link_an_app_by_the_image_that_tells() -> None:
    found = answered(
        {("acme/web", "1"): labels("a1"), ("acme/web", "sha256:" + "b" * 64): labels("b2")},
        [BUMP, Carried("dev", "api", None, Version("1"))],
    )
    assert found == (Link("dev", "web", f"{GITHUB}/compare/a1...b2"),)
    said = message("{{ summary }}\n\n{{ links | join('\\n') }}", [BUMP], found)
    assert said.startswith(f"web @bbbbbbbbbbbb (was 1)\n\n{GITHUB}/compare/a1...b2\n\nPromote-Environment: dev\n")


@pytest.mark.parametrize(
    ("template", "asks"),
    [
        (None, False),
        ("{{ summary }}", False),
        ("links to nothing", False),
        ("{{ links", False),
        ("{% set links = 1 %}{{ links }}", False),
        ("{{ links | join }}", True),
        ("{% for link in links %}{{ link.app }}{% endfor %}", True),
    ],
)
def test_links_are_asked_for_only_where_a_template_speaks_of_them(template: str | None, asks: bool) -> None:
    assert wants_links(template) is asks
