from __future__ import annotations

import re

import pytest

from promote.image import parse_repository
from promote.sites.claim import Claim
from promote.sites.finders import read_file
from promote.sites.pattern import Text
from promote.sites.site import Barred, Charted, Fragment
from promote.sites.target import Aim
from promote.sites.wanted import Wanted
from promote.text.document import Stream
from promote.text.part import Part
from promote.text.plain import PlainText
from promote.text.rewrite import Rewritten
from promote.text.rewrite_plain import rewrite_plain
from promote.text.yamlpath import compile_path
from promote.tree import Globs
from tests.readback import check_rewritten, told

W = "ghcr.io/acme/web"
D = "sha256:" + "0a" * 32
E = "sha256:" + "0b" * 32
_REPOSITORY = parse_repository(W)
assert _REPOSITORY is not None
REPOSITORY = _REPOSITORY
ENV = b"deploy/dev.env"
YAML = b"deploy/values.yaml"
CLAIMED = Wanted((Claim("web", (REPOSITORY,)),))


def aim(expression: str) -> Aim:
    pattern = re.compile(expression.encode(), re.MULTILINE)
    return Aim("web", Globs(("deploy",)), (), REPOSITORY, pattern, expression)


def read(
    text: str, path: bytes, *aims: Aim, wanted: Wanted = CLAIMED
) -> tuple[Text | None, list[Fragment | Barred | Charted]]:
    found, hits = read_file(path, text.encode(), wanted, aims)
    return found, list(hits)


def one(text: str, path: bytes, expression: str) -> tuple[Text, Fragment | Barred]:
    found, hits = read(text, path, aim(expression))
    assert found is not None
    (hit,) = hits
    assert isinstance(hit, Fragment | Barred)
    assert (hit.app, hit.repository, hit.format) == ("web", REPOSITORY, "target")
    return found, hit


@pytest.mark.parametrize("path", [ENV, YAML])
def test_an_expression_that_leads_nowhere(path: bytes) -> None:
    assert read("WEB_TAG: 1\n", path, aim(r"^API_TAG: (?P<tag>\S+)$"))[1] == []
    # Its groups took no part.
    assert read("WEB_TAG: 1\n", path, aim(r"^WEB_TAG: 1|(?P<tag>x)$"))[1] == []


@pytest.mark.parametrize(
    ("text", "expression", "code", "column"),
    [
        ("# tag 1.0\na: 1\n", r"^# tag (?P<tag>\S+)$", "not-a-value", 7),
        ("a: 1\n# tag 1.0\n", r"^# tag (?P<tag>\S+)$", "not-a-value", 7),
        ("a: 1 # tag 1.0\n", r"# tag (?P<tag>\S+)$", "not-a-value", 12),
        ("v1.0: x\n", r"^(?P<tag>\S+):", "not-a-value", 1),
        ("a: v1\nb: v2\n", r"(?P<tag>v1\nb: v2)", "not-a-value", 4),
        ('a: "v1", \n', r"(?P<tag>\"v)", "not-yaml", 0),
        ('a: "v1"\n', r"(?P<tag>\"v)", "not-a-value", 4),
        ("a: ''\n", r"^a: '(?P<tag>)'", "not-a-value", 5),
        ("a: &x v1\nb: *x\n", r"^a: &x (?P<tag>\S+)", "anchor", 7),
        ("a: !!float 1.0\n", r"^a: \S+ (?P<tag>\S+)", "tagged", 12),
        ("a: v1\na: v2\n", r"^a: (?P<tag>v2)", "duplicate-key", 4),
        ("a: >\n  v1\n", r"(?P<tag>v1)", "block-scalar", 3),
        ('a: "v\\x31 v2"\n', r"(?P<tag>v2)", "escaped", 11),
        ("a: '{{ x }}'\n", r"^a: '(?P<tag>.*)'", "template", 5),
        ("a: v1\nsops: {mac: x}\n", r"^a: (?P<tag>\S+)", "sops", 4),
        (f"a: {W}:1.0\n", r"^a: (?P<tag>\S+)", "not-a-value", 4),
        ("a: 1.0@sha256:short\n", r"^a: (?P<tag>\S+)", "not-a-value", 4),
    ],
)
def test_11_6_what_is_no_value_is_barred(text: str, expression: str, code: str, column: int) -> None:
    if code == "not-yaml":
        # What is not YAML is read as any other file is.
        assert isinstance(read(text, YAML, aim(expression))[0], PlainText)
        return
    _, hit = one(text, YAML, expression)
    assert isinstance(hit, Barred)
    assert (hit.code, hit.span.column) == (code, column)


@pytest.mark.parametrize(
    ("text", "expression", "code"),
    [
        ("WEB_TAG=${VERSION}\n", r"^WEB_TAG=(?P<tag>\S+)$", "template"),
        ('WEB_TAG="1.0"\n', r"^WEB_TAG=(?P<tag>\S+)$", "not-a-value"),
        (f"WEB={W}:1.0\n", r"^WEB=(?P<tag>\S+)$", "not-a-value"),
        (f"WEB={W}:1.0@{D}\n", r"web:(?P<tag>[0-9.]+)", "not-a-value"),
        ("WEB=1.0@x\n", r"^WEB=(?P<tag>[^@]+)@(?P<digest>\S+)$", "not-a-value"),
    ],
)
def test_11_6_what_is_no_version_in_another_file_is_barred(text: str, expression: str, code: str) -> None:
    _, hit = one(text, ENV, expression)
    assert isinstance(hit, Barred)
    assert hit.code == code


def rewritten(text: Text, hit: Fragment | Barred, tag: str | None, digest: str | None = None) -> str:
    assert isinstance(hit, Fragment)
    wishes = [(part, value) for part, value in ((hit.tag, tag), (hit.digest, digest)) if part is not None and value]
    if isinstance(text, Stream):
        return check_rewritten(text, wishes).decode()
    made = rewrite_plain(text, wishes)
    assert isinstance(made, Rewritten)
    return made.after.decode()


@pytest.mark.parametrize(
    ("text", "expression", "hit", "after"),
    [
        ("a: 1.0 # c\n", r"^a: (?P<tag>\S+)", "- 1.0 -", 'a: "1.10" # c\n'),
        ("a: '1.0'\n", r"^a: '(?P<tag>[^']+)'", "- 1.0 -", "a: '1.10'\n"),
        # A group that takes the quotes takes the value in them.
        ('a: "1.0"\n', r"^a: (?P<tag>\S+)", "- 1.0 -", 'a: "1.10"\n'),
        ("a: web-1.0-alpine\n", r"web-(?P<tag>[0-9.]+)", "- 1.0 -", "a: web-1.10-alpine\n"),
        (f"a: 1.0@{D}\n", r"^a: (?P<tag>\S+)", f"- 1.0 {D}", f"a: 1.10@{D}\n"),
        (f"a: {W}:1.0\n", r"web:(?P<tag>\S+)", f"{W} 1.0 +", f"a: {W}:1.10\n"),
        (
            "a: |\r\n  x\r\n  TAG=1.0\r\nb: 1\r\n",
            r"^  TAG=(?P<tag>\S+)$",
            "- 1.0 -",
            "a: |\r\n  x\r\n  TAG=1.10\r\nb: 1\r\n",
        ),
        ("a: b\n---\nc: v1\n", r"^c: (?P<tag>\S+)", "- v1 -", 'a: b\n---\nc: "1.10"\n'),
    ],
)
def test_in_yaml_a_match_is_a_value_or_a_piece_of_one(text: str, expression: str, hit: str, after: str) -> None:
    found, one_hit = one(text, YAML, expression)
    assert isinstance(found, Stream)
    assert told(one_hit) == hit
    assert rewritten(found, one_hit, "1.10") == after


@pytest.mark.parametrize(
    ("text", "expression", "hit", "after"),
    [
        ("WEB_TAG=1.0\n", r"^WEB_TAG=(?P<tag>\S+)$", "- 1.0 -", "WEB_TAG=1.10\n"),
        ("WEB_TAG=\r\n", r"^WEB_TAG=(?P<tag>\S*)$", "-  -", "WEB_TAG=1.10\r\n"),
        (f"T=1.0\nD={D}\n", r"^T=(?P<tag>\S+)\nD=(?P<digest>\S+)$", f"- 1.0 {D}", f"T=1.10\nD={D}\n"),
        (f"T=1.0@{D}\n", r"^T=(?P<tag>\S+)$", f"- 1.0 {D}", f"T=1.10@{D}\n"),
        ('T="1.0"\n', r'^T="(?P<tag>[^"]+)"$', "- 1.0 -", 'T="1.10"\n'),
    ],
)
def test_in_another_file_a_match_is_its_bytes(text: str, expression: str, hit: str, after: str) -> None:
    found, one_hit = one(text, ENV, expression)
    assert isinstance(found, PlainText)
    assert told(one_hit) == hit
    assert rewritten(found, one_hit, "1.10") == after


@pytest.mark.parametrize(
    ("text", "expression", "tag", "after"),
    [
        (f"i: {{v: 1.0, digest: {D}}}\n", r"v: (?P<tag>[0-9.]+)", f"- 1.0 {D}", f"i: {{v: v2, digest: {E}}}\n"),
        (f"v: web-1.0\nsha: {D[7:]}\n", r"web-(?P<tag>.+)", f"- 1.0 {D[7:]}", f"v: web-v2\nsha: {E}\n"),
        (f"i: {W}:1.0@{D}\n", r"web:(?P<tag>[0-9.]+)", f"{W} 1.0 {D}", f"i: {W}:v2@{E}\n"),
        (f"i: x/{W}:1.0@{D}\n", r"web:(?P<tag>[0-9.]+)", f"- 1.0 {D}", f"i: x/{W}:v2@{E}\n"),
    ],
)
def test_an_expression_for_the_tag_takes_its_digest_too(text: str, expression: str, tag: str, after: str) -> None:
    """The old digest stayed beside the new tag."""
    found, hits = read(text, YAML, aim(expression))
    assert found is not None
    (hit,) = [hit for hit in hits if isinstance(hit, Fragment) and hit.format == "target"]
    assert told(hit) == tag
    assert rewritten(found, hit, "v2", E) == after


def test_11_6_a_digest_beside_that_cannot_be_edited_bars_the_tag() -> None:
    _, hits = read("i: {v: 1.0, digest: '{{ x }}'}\n", YAML, aim(r"v: (?P<tag>[0-9.]+)"))
    (hit,) = [hit for hit in hits if isinstance(hit, Barred) and hit.app is not None]
    assert (hit.code, hit.format, hit.span.column) == ("template", "target", 21)


def test_every_match_is_a_site_of_its_own() -> None:
    _, hits = read("A=1\nA=2\n", ENV, aim(r"^A=(?P<tag>\S+)$"))
    assert [told(hit) for hit in hits if isinstance(hit, Fragment)] == ["- 1 -", "- 2 -"]
    assert len({hit.identity for hit in hits if isinstance(hit, Fragment)}) == 2


def test_a_digest_behind_an_at_can_go() -> None:
    for path in (ENV, YAML):
        _, hit = one(f"a: 1.0@{D}\n", path, r"^a: (?P<tag>[^@]+)@(?P<digest>\S+)$")
        assert isinstance(hit, Fragment)
        assert isinstance(hit.digest, Part)
        assert hit.digest.cut is not None
        assert (hit.digest.cut.start, hit.digest.cut.end) == (6, 7 + len(D))


def test_2_1_what_an_expression_names_is_the_targets_alone() -> None:
    text = f"image: {W}:1.0\nmore:\n  values: |\n    image: {W}:2.0\n"
    _, hits = read(text, YAML, aim(r"^image: \S+:(?P<tag>\S+)$"))
    (hit,) = [hit for hit in hits if isinstance(hit, Fragment)]
    assert (told(hit), hit.format, hit.app) == (f"{W} 1.0 +", "target", "web")


def test_2_1_nor_does_a_finder_take_it_inside_of_a_block_scalar() -> None:
    text = (
        "apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata: {name: x}\nspec:\n  source:\n    helm:\n"
        f"      values: |\n        image: {W}:1.0\n"
    )
    alone = [hit for hit in read(text, YAML)[1] if isinstance(hit, Fragment)]
    assert [told(hit) for hit in alone] == [f"{W} 1.0 +"]
    _, hits = read(text, YAML, aim(r"web:(?P<tag>\S+)$"))
    (hit,) = [hit for hit in hits if isinstance(hit, Fragment)]
    assert (told(hit), hit.format, hit.app) == (f"{W} 1.0 +", "target", "web")


def test_a_template_named_like_yaml_is_read_as_plain_text_and_bars_only_what_is_not_found() -> None:
    other = parse_repository("ghcr.io/acme/other")
    assert other is not None
    wanted = Wanted((Claim("web", (REPOSITORY,)), Claim("other", (other,))))
    text = f"{{{{ if x }}}}\nimage: {W}:1.0\n{{{{ end }}}}\nimage: ghcr.io/acme/other:1\n"
    found, hits = read(text, YAML, aim(r"web:(?P<tag>\S+)$"), wanted=wanted)
    assert isinstance(found, PlainText)
    assert [(told(hit), hit.app) for hit in hits if not isinstance(hit, Charted)] == [
        ("not-yaml", "other"),
        ("- 1.0 -", "web"),
    ]


def test_a_path_and_an_expression_may_lead_into_one_file_whatever_its_ending() -> None:
    path = Aim("api", Globs(("deploy",)), compile_path("api"), REPOSITORY)
    found, hits = read("api: v1\nweb: v2\n", ENV, path, aim(r"^web: (?P<tag>\S+)$"))
    assert isinstance(found, Stream)
    assert [(hit.app, told(hit)) for hit in hits if isinstance(hit, Fragment)] == [("api", "- v1 -"), ("web", "- v2 -")]
    found, hits = read("api=v1\nweb: 'v2\n", ENV, path, aim(r"^web: '(?P<tag>\S+)$"))
    assert isinstance(found, PlainText)
    assert [(hit.app, told(hit)) for hit in hits if not isinstance(hit, Charted)] == [
        ("api", "not-yaml"),
        ("web", "- v2 -"),
    ]
