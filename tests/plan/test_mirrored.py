"""`rewrite`: what a source runs goes into an environment that calls it otherwise, if it is the same (SEMANTICS 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.plan.intent import Intent, Promote, Rules, Set, Sources, Update
from tests.estate.building import Built, build, kustomization
from tests.plan.planning import WEB, Book, after, outcome, plan, sha, wanted

MIRROR = "prod.example.com/acme/web"
D5, D6 = sha("5"), sha("6")
CONFIG = f"""
apps: {{web: {{image: {WEB}, policy: {{semver: "*"}}%s}}}}
environments:
  test: {{path: test}}
  prod: {{path: prod, from: test, rewrite: {{ghcr.io/acme/: prod.example.com/acme/}}}}
"""
TO = Promote("prod", Sources(("test",)))


def built(folder: Path, source: str, target: str, more: str = "") -> Built:
    """`test` names the origin and `prod` the mirror, each with a TAG, a TAG@DIGEST or a @DIGEST."""
    files = {
        "test/kustomization.yaml": _kustomization(WEB, source),
        "prod/kustomization.yaml": _kustomization(MIRROR, target),
    }
    return build(folder, CONFIG % more, files)


def _kustomization(image: str, version: str) -> str:
    tag, _, digest = version.partition("@")
    said = (f"    newTag: {tag}\n" if tag else "") + (f"    digest: {digest}\n" if digest else "")
    return f"images:\n  - name: {image}\n{said}"


def registry(mirrored: Mapping[str, str], origin: Mapping[str, str] | None = None, *dark: str) -> Book:
    """Tags and the letters of their digests, in the mirror and in the origin."""

    def tags(said: Mapping[str, str]) -> Mapping[str, tuple[str, int | None]]:
        return {tag: (letter, 2025) for tag, letter in said.items()}

    return Book({MIRROR: tags(mirrored), WEB: tags(origin or {"1.4.0": "4", "1.5.0": "5"})}, dark)


@pytest.mark.parametrize(
    ("mirrored", "origin", "told"),
    [
        # Not there, another image there, nothing to compare with.
        ({"1.4.0": "4"}, None, "not-mirrored"),
        ({"1.4.0": "4", "1.5.0": "6"}, None, "not-mirrored"),
        ({"1.4.0": "4", "1.5.0": "5"}, {"1.4.0": "4"}, "not-mirrored"),
        ({"1.4.0": "4", "1.5.0": "5"}, None, "1.4.0 → 1.5.0"),
    ],
)
def test_5_4_to_needs_the_same_tag_and_digest_in_the_mirror(
    tmp_path: Path, mirrored: dict[str, str], origin: dict[str, str] | None, told: str
) -> None:
    made = plan(built(tmp_path, "1.5.0", "1.4.0"), TO, registry(mirrored, origin))
    assert outcome(made) == [f"prod web {told}"]
    for refusal in made.refusals:
        assert MIRROR in refusal.reason
        assert WEB in refusal.reason


def test_5_4_the_digest_that_the_source_names_is_the_one_that_must_be_there(tmp_path: Path) -> None:
    here = built(tmp_path, f"1.5.0@{D5}", "1.4.0")
    # The origin has moved the tag since: it is not asked, for what was tested has its digest.
    moved = registry({"1.4.0": "4", "1.5.0": "5"}, {"1.5.0": "6"})
    assert outcome(plan(here, TO, moved)) == ["prod web 1.4.0 → 1.5.0"]
    assert moved.facts == ["1.5.0 digest"]
    other = registry({"1.4.0": "4", "1.5.0": "6"}, {"1.5.0": "6"})
    assert outcome(plan(here, TO, other)) == ["prod web not-mirrored"]


@pytest.mark.parametrize("source", ["1.5.0", f"1.5.0@{D5}"])
def test_5_4_a_pinned_digest_is_carried_under_the_mirrors_name(tmp_path: Path, source: str) -> None:
    here = built(tmp_path, source, f"1.4.0@{sha('4')}")
    made = plan(here, TO, registry({"1.4.0": "4", "1.5.0": "5"}))
    assert after(made, "prod/kustomization.yaml") == _kustomization(MIRROR, f"1.5.0@{D5}")


def test_5_4_a_source_that_names_a_digest_alone(tmp_path: Path) -> None:
    here = built(tmp_path, f"@{D5}", f"@{sha('4')}")
    assert outcome(plan(here, TO, registry({"1.4.0": "4"}))) == ["prod web not-mirrored"]
    made = plan(here, TO, registry({"1.4.0": "4", "1.5.0": "5"}))
    assert after(made, "prod/kustomization.yaml") == _kustomization(MIRROR, f"@{D5}")


@pytest.mark.parametrize("dark", [WEB, MIRROR])
def test_5_2_a_registry_that_does_not_answer_is_no_mirror_and_no_refusal(tmp_path: Path, dark: str) -> None:
    made = plan(built(tmp_path, "1.5.0", "1.4.0"), TO, registry({"1.5.0": "5"}, None, dark))
    assert outcome(made) == ["prod web registry 4"]


def test_without_asking_registries_the_source_is_believed(tmp_path: Path) -> None:
    here = built(tmp_path, f"1.5.0@{D5}", f"1.4.0@{sha('4')}")
    asked = registry({})
    made = plan(here, TO, asked, Rules(verify_tag=False))
    assert (outcome(made)[0], asked.asked) == (f"prod web 1.4.0@{'4' * 12} → 1.5.0@{'5' * 12}", [])


@pytest.mark.parametrize(("tag", "told"), [("1.5.0", "1.4.0 → 1.5.0"), ("1.6.0", "not-in-source")])
def test_6_1_set_by_either_name_looks_where_it_will_run(tmp_path: Path, tag: str, told: str) -> None:
    here = built(tmp_path, "1.5.0", "1.4.0")
    made = plan(here, wanted("prod", web=tag), registry({"1.5.0": "5"}))
    assert outcome(made) == [f"prod web {told}"]


def test_5_4_update_asks_the_registry_where_it_will_run(tmp_path: Path) -> None:
    config = CONFIG.replace(", from: test", "") % ""
    here = build(tmp_path, config, {"prod/kustomization.yaml": kustomization(MIRROR, "1.4.0")})
    asked = registry({"1.4.0": "4", "1.4.1": "6"})
    assert outcome(plan(here, Update(("prod",)), asked)) == ["prod web 1.4.0 → 1.4.1"]
    assert {str(getattr(question, "repository", MIRROR)) for question in asked.asked} == {MIRROR}


def test_5_4_the_origins_name_is_no_place_where_it_is_mirrored(tmp_path: Path) -> None:
    files = {
        "test/kustomization.yaml": kustomization(WEB, "1.5.0"),
        "prod/kustomization.yaml": kustomization(WEB, "1.4.0"),
    }
    intents: tuple[Intent, ...] = (TO, Set("prod", wanted("prod", web="1.5.0").versions))
    for intent in intents:
        made = plan(build(tmp_path, CONFIG % "", files), intent, registry({"1.5.0": "5"}))
        assert outcome(made) == ["prod web absent"]


def test_5_4_an_override_that_names_another_image_is_no_mirror(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments:
      test: {{path: test}}
      prod: {{path: prod, from: test, apps: {{web: {{image: {MIRROR}}}}}}}
    """
    files = {
        "test/kustomization.yaml": kustomization(WEB, "1.5.0"),
        "prod/kustomization.yaml": kustomization(MIRROR, "1.4.0"),
    }
    made = plan(build(tmp_path, config, files), TO, registry({"1.4.0": "4", "1.5.0": "6"}))
    assert outcome(made) == ["prod web 1.4.0 → 1.5.0"]
