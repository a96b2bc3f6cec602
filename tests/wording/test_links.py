"""Links to comparisons and release notes: built from labels, which are hostile text until shown otherwise."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.api.origins import origins_of
from promote.forge.address import KINDS, Kind, kind_of
from promote.image import Repository, Version
from promote.question import Absent, Answer, Answers, Carried, Facts, Known, Question, Unknown, drive
from promote.wording.links import Link, Origins, links
from promote.wording.markdown import link
from promote.wording.message import message, wants_links
from promote.wording.source import REVISION, SOURCE, VERSION, Source
from tests.config.loading import loaded

GITHUB = "https://github.com/acme/web"
WEB, JOB = Repository("ghcr.io", "acme/web"), Repository("ghcr.io", "acme/job")
OLD, NEW = "sha256:" + "a" * 64, "sha256:" + "b" * 64


def pages(old: dict[str, str], new: dict[str, str], tag: str | None = None, kind: Kind | None = None) -> dict[str, str]:
    """Every link of one app, by what it shows; what its source's forge is tells the host, where no kind is given."""
    item = Carried("dev", "web", Version("1", OLD), Version(tag, NEW))
    told = {OLD: old, NEW: new}

    def gather(questions: frozenset[Question]) -> Answers:
        asked = [question for question in questions if isinstance(question, Facts)]
        return {each: Known(each.reference, labels=tuple(told[each.reference].items())) for each in asked}

    origins = Origins(lambda _: (WEB,), lambda source: kind or kind_of(source.host))
    found = drive(links([item], origins), gather)
    assert len({each.shows for each in found}) == len(found)
    return {each.shows: each.url for each in found}


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
    assert pages({SOURCE: before, REVISION: old}, {SOURCE: source, REVISION: new}) == {}


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
    assert pages({SOURCE: source, REVISION: "a1"}, {SOURCE: source, REVISION: "b2"}) == {"compare": url}


def test_a_revision_may_be_a_branchs_name_and_is_quoted() -> None:
    old, new = {SOURCE: GITHUB, REVISION: "v1+build"}, {SOURCE: GITHUB, REVISION: "feature/x"}
    assert pages(old, new) == {"compare": f"{GITHUB}/compare/v1%2Bbuild...feature%2Fx"}


@pytest.mark.parametrize(
    ("kind", "url"),
    [
        ("bitbucket-dc", None),
        ("gitlab", "https://git.example.com/acme/web/-/compare/a1...b2"),
        ("forgejo", "https://git.example.com/acme/web/compare/a1...b2"),
    ],
)
def test_a_comparison_is_spelled_as_the_forge_of_the_source_does(kind: Kind, url: str | None) -> None:
    source = "https://git.example.com/acme/web"
    found = pages({SOURCE: source, REVISION: "a1"}, {SOURCE: source, REVISION: "b2"}, kind=kind)
    assert found.get("compare") == url


@pytest.mark.parametrize(
    ("source", "version", "tag"),
    [
        (GITHUB, "", "1.5.0"),
        (GITHUB, "main", "main"),
        (GITHUB, "pr-12", "pr-12"),
        (GITHUB, "20260101", "20260101"),
        (GITHUB, "1.5..0", "1.5.0"),
        (GITHUB, "1.5.0/../../evil", "1.5.0"),
        (GITHUB, "1.5.0?x=1", "1.5.0"),
        (GITHUB, "1.5.0)<script>", "1.5.0"),
        (GITHUB, "1.5.0\nPromote-App: x", "1.5.0"),
        (GITHUB, "1.5.0-" + "x" * 100, "1.5.0"),
        (GITHUB, "\u0661.\u0662", "1.5.0"),
        ("", "1.5.0", "1.5.0"),
        ("javascript:alert(1)", "1.5.0", "1.5.0"),
        ("https://git.example.com/acme/web", "1.5.0", "1.5.0"),  # nobody knows what it runs
        ("https://bitbucket.org/acme/web", "1.5.0", "1.5.0"),
        ("https://bitbucket.example.com/projects/OPS/repos/web", "1.5.0", "1.5.0"),
        ("https://dev.azure.com/acme/shop/_git/web", "1.5.0", "1.5.0"),
    ],
)
def test_no_release_notes(source: str, version: str, tag: str) -> None:
    assert pages({}, {SOURCE: source, VERSION: version}, tag) == {}


@pytest.mark.parametrize(
    ("source", "version", "tag", "url"),
    [
        (GITHUB, "1.5.0", "1.5.0", f"{GITHUB}/releases/tag/1.5.0"),
        (GITHUB, "1.5.0", "v1.5.0", f"{GITHUB}/releases/tag/v1.5.0"),
        (GITHUB, "v1.5.0", "1.5.0", f"{GITHUB}/releases/tag/v1.5.0"),
        (GITHUB, " v1.5.0-rc.1+b ", "main-7", f"{GITHUB}/releases/tag/v1.5.0-rc.1%2Bb"),
        (GITHUB, "2026.01", None, f"{GITHUB}/releases/tag/2026.01"),
        ("git@gitlab.com:acme/group/web.git", "1.5", "x", "https://gitlab.com/acme/group/web/-/releases/1.5"),
        ("https://codeberg.org/acme/web", "1.5.0", "x", "https://codeberg.org/acme/web/releases/tag/1.5.0"),
        ("https://gitea.example.com/acme/web", "1.5.0", "x", "https://gitea.example.com/acme/web/releases/tag/1.5.0"),
    ],
)
def test_release_notes(source: str, version: str, tag: str | None, url: str) -> None:
    assert pages({}, {SOURCE: source, VERSION: version}, tag) == {"release notes": url}


ODD = st.text(st.sampled_from("av1.0/:@#?<>()[]|`*_-\\\n\r\t %&;\u202e\u2028é"), max_size=30)


@given(
    source=st.one_of(ODD, st.builds("https://{}/{}".format, ODD, ODD), st.just(GITHUB)),
    revision=st.one_of(ODD, st.just("b2")),
    version=st.one_of(ODD, st.builds("1.{}".format, ODD), st.just("1.5.0")),
    kind=st.sampled_from(KINDS),
)
def test_whatever_labels_say_a_link_is_one_address_and_ends_nothing(
    source: str, revision: str, version: str, kind: Kind
) -> None:
    new = {SOURCE: source, REVISION: revision, VERSION: version}
    for url in pages({SOURCE: source, REVISION: "a1"}, new, "1.5.0", kind).values():
        assert re.fullmatch(r"https://[a-z0-9.:-]+(?:/[A-Za-z0-9._~@%+-]+)+(?:\?[A-Za-z0-9=&%._~+-]+)?", url), url
        assert link("release notes", url) == f"[release notes](<{url}>)"


@pytest.mark.parametrize(
    ("said", "source", "kind"),
    [
        ("", "git.example.com/acme/web", None),
        ("", "github.com/acme/web", "github"),
        ("", "gitlab.example.com:8443/acme/web", "gitlab"),
        ("forge: {kind: forgejo}\n", "git.example.com/acme/web", "forgejo"),
        ("forge: {kind: forgejo}\n", "github.com/acme/web", "github"),
        ("forge: {project: a/b}\n", "git.example.com/acme/web", None),
        ("forge: {kind: gitlab, url: 'https://Example.com/gitlab/'}\n", "example.com/gitlab/acme/web", "gitlab"),
        ("forge: {kind: gitlab, url: 'https://example.com/gitlab'}\n", "example.com/gitlab-old/acme/web", None),
        ("forge: {kind: gitea, url: 'http://127.0.0.1:3000'}\n", "127.0.0.1:3000/acme/web", "gitea"),
        (
            "environments:\n  a: {path: a, forge: {kind: gitea}, repo: 'ssh://git@code.example.com:2222/acme/a.git'}\n",
            "code.example.com/acme/web",
            "gitea",
        ),
    ],
)
def test_what_a_sources_forge_is_promote_yaml_tells_and_else_its_host(
    said: str, source: str, kind: Kind | None
) -> None:
    host, _, path = source.partition("/")
    origins = origins_of(loaded(f"version: 1\n{said}"), "https://git.example.com/acme/gitops.git")
    assert origins.kind(Source(host, f"/{path}")) == kind


def test_a_folder_without_a_remote_has_no_forge() -> None:
    origins = origins_of(loaded("version: 1\nforge: {kind: gitea}\n"), "")
    assert origins.kind(Source("git.example.com", "/acme/web")) is None


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

    return drive(links(carried, Origins(lambda _: (JOB, WEB), lambda source: kind_of(source.host))), gather)


@pytest.mark.parametrize("old", [Unknown("registry is down", 4), Absent("gone"), labels("b2")])
def test_a_fact_that_is_missing_costs_a_link_and_nothing_else(old: Answer) -> None:
    assert answered({("acme/web", "1"): old, ("acme/web", "sha256:" + "b" * 64): labels("b2")}, [BUMP]) == ()


def test_what_is_new_is_compared_with_nothing_and_has_release_notes() -> None:
    new = Carried("dev", "web", None, Version("2.0"))
    assert answered({}, [new]) == ()
    told = Known("sha256:" + "a" * 64, labels=((SOURCE, GITHUB), (REVISION, "b2"), (VERSION, "2.0")))
    assert answered({("acme/web", "2.0"): told}, [new]) == (
        Link("dev", "web", f"{GITHUB}/releases/tag/2.0", "release notes"),
    )


def test_a_template_has_each_sort_by_its_own_name() -> None:
    both = (Link("dev", "web", "https://x/c"), Link("dev", "web", "https://x/r", "release notes"))
    said = message("{{ links | join(' ') }} and {{ releases | join(' ') }}", [BUMP], both)
    assert said.startswith("https://x/c and https://x/r\n")


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
        ("{{ releases | join }}", True),
        ("{% for link in links %}{{ link.app }}{% endfor %}", True),
    ],
)
def test_links_are_asked_for_only_where_a_template_speaks_of_them(template: str | None, asks: bool) -> None:
    assert wants_links(template) is asks
