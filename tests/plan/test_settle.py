"""Whether a version may be written, and what is written then (SEMANTICS §4, 5.3, 6.3)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.plan.intent import Before, Promote, Rules, Sources, Update
from tests.estate.building import build, deployment, kustomization
from tests.plan.planning import API, WEB, Book, House, after, book, outcome, plan, sha, wanted

SEMVER = f"apps: {{web: {{image: {WEB}, policy: {{semver: '*'}}}}}}\nenvironments: {{dev: {{path: dev}}}}"
PLAIN = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}}}"
D4, D5 = sha("4"), sha("5")


@pytest.mark.parametrize(
    ("config", "present", "asked", "told"),
    [
        # Refusals and no-ops first.
        (SEMVER, "1.5.0", "1.4.0", "downgrade"),
        (PLAIN, "1.5.0", "1.4.0", "downgrade"),
        (PLAIN, "1.5.0", "9.9.9", "no-such-tag"),
        (SEMVER, "1.5.0", "1.5.0", "already"),
        # 2.0.0 of the present is not in the registry, and ranks all the same.
        (SEMVER, "2.0.0", "1.6.0", "downgrade"),
        (SEMVER, "1.4.0", "1.5.0", "1.4.0 → 1.5.0"),
        (PLAIN, "1.4.0", "1.5.0", "1.4.0 → 1.5.0"),
        # Neither the policy nor the dates tell: `set` goes ahead.
        (PLAIN, "main", "1.4.0", "main → 1.4.0"),
        (PLAIN, "old", "1.4.0", "old → 1.4.0"),
        (PLAIN, "1.4.0", "old", "1.4.0 → old"),
    ],
)
def test_4_1_order_by_policy_then_by_dates(tmp_path: Path, config: str, present: str, asked: str, told: str) -> None:
    built = build(tmp_path, config, {"dev/kustomization.yaml": kustomization(WEB, present)})
    made = plan(built, wanted("dev", web=asked), book())
    assert outcome(made) == [f"dev web {told}"]
    assert bool(made.warnings) == ("main" in told or "old" in told)


def test_4_1_dates_are_not_asked_for_where_the_policy_ranks_both(tmp_path: Path) -> None:
    registry = book()
    plan(
        build(tmp_path, SEMVER, {"dev/kustomization.yaml": kustomization(WEB, "1.4.0")}),
        wanted("dev", web="1.5.0"),
        registry,
    )
    assert registry.facts == ["1.5.0 digest"]


def test_4_2_a_downgrade_that_is_allowed(tmp_path: Path) -> None:
    built = build(tmp_path, SEMVER, {"dev/kustomization.yaml": kustomization(WEB, "1.5.0")})
    made = plan(built, wanted("dev", web="1.4.0"), book(), Rules(allow_downgrade=True))
    assert outcome(made) == ["dev web 1.5.0 → 1.4.0"]


def test_4_2_of_sites_that_differ_the_newest_must_not_be_lost(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.6.0", f"{WEB}:1.4.0")}
    built = build(tmp_path, SEMVER, files)
    assert outcome(plan(built, wanted("dev", web="1.5.0"), book())) == ["dev web downgrade"]
    assert outcome(plan(built, wanted("dev", web="1.6.0"), book())) == ["dev web 1.4.0 → 1.6.0"]


def test_4_2_an_unordered_version_goes_ahead_in_to_without_a_warning(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: dev}}, test: {{path: test, from: dev}}}}"
    files = {
        "dev/kustomization.yaml": kustomization(WEB, "main"),
        "test/kustomization.yaml": kustomization(WEB, "1.4.0"),
    }
    made = plan(build(tmp_path, config, files), Promote("test", Sources(("dev",))), book())
    assert (outcome(made), made.warnings) == (["test web 1.4.0 → main"], ())


def test_4_3_overtaken(tmp_path: Path) -> None:
    house = House(tmp_path, SEMVER)
    before = Before.of(house.with_({"dev/kustomization.yaml": kustomization(WEB, "1.4.0")}).estates)
    newer = house.with_({"dev/kustomization.yaml": kustomization(WEB, "1.6.0")})
    assert outcome(plan(newer, wanted("dev", web="1.5.0"), book(), before=before)) == ["dev web overtaken"]
    older = house.with_({"dev/kustomization.yaml": kustomization(WEB, "1.3.0")})
    assert outcome(plan(older, wanted("dev", web="1.5.0"), book(), before=before)) == ["dev web 1.3.0 → 1.5.0"]


def pinned(pin: str) -> str:
    return f"apps: {{web: {{image: {WEB}, pin: {pin}}}}}\nenvironments: {{dev: {{path: dev}}}}"


@pytest.mark.parametrize(
    ("pin", "image", "asked", "new"),
    [
        # A digest that is not to stay is never left beside a new tag.
        ("tag", f"{WEB}:1.4.0@{D4}", "1.5.0", f"{WEB}:1.5.0"),
        ("keep", f"{WEB}@{D4}", f"1.5.0@{D4}", "tag-moved"),
        ("keep", f"{WEB}:1.4.0@{D4}", "1.4.0", "already"),
        ("keep", f"{WEB}:1.5.0", f"1.5.0@{D5}", f"{WEB}:1.5.0@{D5}"),
        ("keep", f"{WEB}:1.4.0", "1.5.0", f"{WEB}:1.5.0"),
        ("keep", f"{WEB}:1.4.0@{D4}", "1.5.0", f"{WEB}:1.5.0@{D5}"),
        ("keep", f"{WEB}@{D4}", "1.5.0", f"{WEB}@{D5}"),
        ("keep", f"{WEB}@{D4}", f"@{D5}", f"{WEB}@{D5}"),
        # The same tag has another digest by now.
        ("keep", f"{WEB}:1.5.0@{D4}", "1.5.0", f"{WEB}:1.5.0@{D5}"),
        ("tag", f"{WEB}:1.4.0", "1.5.0", f"{WEB}:1.5.0"),
        ("both", f"{WEB}:1.4.0", "1.5.0", f"{WEB}:1.5.0@{D5}"),
        ("both", f"{WEB}:1.4.0@{D4}", "1.5.0", f"{WEB}:1.5.0@{D5}"),
        ("digest", f"{WEB}:1.4.0", "1.5.0", f"{WEB}:1.5.0@{D5}"),
        ("digest", WEB, "1.5.0", f"{WEB}:1.5.0@{D5}"),
    ],
)
def test_5_3_pin(tmp_path: Path, pin: str, image: str, asked: str, new: str) -> None:
    built = build(tmp_path, pinned(pin), {"dev/a.yaml": deployment("a", image)})
    made = plan(built, wanted("dev", web=asked), book())
    if made.steps:
        assert after(made, "dev/a.yaml") == deployment("a", new)
    else:
        assert outcome(made) == [f"dev web {new}"]


def test_5_3_a_digest_is_asked_for_once_for_all_sites(tmp_path: Path) -> None:
    files = {f"dev/{name}.yaml": deployment(name, f"{WEB}:1.4.0@{D4}") for name in "abc"}
    registry = book()
    made = plan(build(tmp_path, pinned("keep"), files), wanted("dev", web="1.5.0"), registry)
    assert len(made.changes) == 3
    assert registry.facts.count("1.5.0 digest") == 1


def test_nothing_is_asked_where_no_registry_could_change_what_is_written(tmp_path: Path) -> None:
    registry = book(dark=[WEB])
    built = build(tmp_path, PLAIN, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0")})
    assert outcome(plan(built, wanted("dev", web="1.4.0"), registry)) == ["dev web already"]
    assert registry.asked == []


@pytest.mark.parametrize(
    ("image", "asked", "told"),
    [
        # The digest has to be told by somebody.
        (f"{WEB}:1.4.0@{D4}", "1.5.0", "registry 4"),
        (f"{WEB}:1.4.0@{D4}", f"1.5.0@{D5}", f"1.4.0@{'4' * 12} → 1.5.0@{'5' * 12}"),
        (f"{WEB}:1.4.0", "1.5.0", "1.4.0 → 1.5.0"),
    ],
)
def test_without_verification_only_a_digest_that_is_needed_is_asked_for(
    tmp_path: Path, image: str, asked: str, told: str
) -> None:
    built = build(tmp_path, PLAIN, {"dev/a.yaml": deployment("a", image)})
    made = plan(built, wanted("dev", web=asked), book(dark=[WEB]), Rules(verify_tag=False))
    assert outcome(made) == [f"dev web {told}"]


def test_6_3_absent_is_never_added(tmp_path: Path) -> None:
    built = build(tmp_path, PLAIN, {"dev/a.yaml": deployment("a", f"{API}:1.4.0")})
    made = plan(built, wanted("dev", web="1.5.0"), book())
    assert (outcome(made), made.steps) == (["dev web absent"], ())


@pytest.mark.parametrize(
    ("name", "text", "new"),
    [
        ("kustomization.yaml", f"images:\n- name: {WEB}\n", f"images:\n- name: {WEB}\n  newTag: 1.5.0\n"),
        ("values.yaml", f"image:\n  repository: {WEB}\n", f"image:\n  repository: {WEB}\n  tag: 1.5.0\n"),
        ("values.yaml", f"image: {{repository: {WEB}}}\n", f'image: {{repository: {WEB}, tag: "1.5.0"}}\n'),
        ("values.yaml", f"image: {WEB}\n", f"image: {WEB}:1.5.0\n"),
    ],
)
def test_6_3_missing_tag_inserted_beside_a_named_image(tmp_path: Path, name: str, text: str, new: str) -> None:
    made = plan(build(tmp_path, PLAIN, {f"dev/{name}": text}), wanted("dev", web="1.5.0"), book())
    assert after(made, f"dev/{name}") == new
    (change,) = made.changes
    assert change.old is None


def test_6_3_a_missing_digest_is_inserted_where_it_is_asked_for(tmp_path: Path) -> None:
    built = build(tmp_path, PLAIN, {"dev/kustomization.yaml": f"images:\n- name: {WEB}\n  newTag: 1.4.0\n"})
    made = plan(built, wanted("dev", web=f"1.5.0@{D5}"), book())
    text = after(made, "dev/kustomization.yaml")
    assert "newTag: 1.5.0\n" in text
    assert f"digest: {D5}\n" in text or f'digest: "{D5}"\n' in text


def test_a_tag_in_a_number_like_spelling_is_quoted(tmp_path: Path) -> None:
    registry = Book({WEB: {"1.10": ("a", None)}})
    built = build(tmp_path, PLAIN, {"dev/kustomization.yaml": kustomization(WEB, "1.9.0")})
    assert 'newTag: "1.10"' in after(plan(built, wanted("dev", web="1.10"), registry), "dev/kustomization.yaml")


def test_several_images_move_together(tmp_path: Path) -> None:
    config = f"apps: {{web: {{images: [{WEB}, {WEB}-migrate]}}}}\nenvironments: {{dev: {{path: dev}}}}"
    built = build(tmp_path, config, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}-migrate:1.4.0")})
    made = plan(built, wanted("dev", web="1.5.0"), book())
    assert after(made, "dev/a.yaml") == deployment("a", f"{WEB}:1.5.0", f"{WEB}-migrate:1.5.0")
    lacking = Book({WEB: {"1.5.0": ("5", None)}, f"{WEB}-migrate": {}})
    made = plan(built, wanted("dev", web="1.5.0"), lacking)
    assert (outcome(made), made.steps) == (["dev web no-such-tag"], ())
    assert outcome(plan(built, wanted("dev", web=f"1.5.0@{D5}"), book())) == ["dev web one-digest"]


@pytest.mark.parametrize(
    ("tag", "there", "said"),
    [
        ("9.9.9", (), f"{WEB}:9.9.9: 404"),
        ("main-2", ("vmain-2",), f"{WEB}:main-2: 404"),
        ("v1.6.0", ("1.6.0",), f"{WEB}:v1.6.0: 404; 1.6.0 is there"),
        ("1.6.0", ("v1.6.0",), f"{WEB}:1.6.0: 404; v1.6.0 is there"),
    ],
)
def test_a_tag_that_is_there_but_for_its_v_is_named(
    tmp_path: Path, tag: str, there: tuple[str, ...], said: str
) -> None:
    built = build(tmp_path, PLAIN, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0")})
    made = plan(built, wanted("dev", web=tag), Book({WEB: dict.fromkeys(("1.4.0", *there), ("5", None))}))
    assert [(each.code, each.reason) for each in made.refusals] == [("no-such-tag", said)]


def test_a_given_version_is_not_called_the_work_of_a_hand(tmp_path: Path) -> None:
    """Most `set` are those of CI jobs, and "set by hand" stood beside them."""
    built = build(tmp_path, PLAIN, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0")})
    assert [each.reason for each in plan(built, wanted("dev", web="1.5.0"), book()).changes] == ["as given"]


def test_each_image_gets_its_own_digest(tmp_path: Path) -> None:
    config = f"apps: {{web: {{images: [{WEB}, {API}], pin: both}}}}\nenvironments: {{dev: {{path: dev}}}}"
    registry = Book({WEB: {"1.5.0": ("5", None)}, API: {"1.5.0": ("a", None)}})
    built = build(tmp_path, config, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")})
    made = plan(built, wanted("dev", web="1.5.0"), registry, Rules(allow_downgrade=True))
    assert after(made, "dev/a.yaml") == deployment("a", f"{WEB}:1.5.0@{D5}", f"{API}:1.5.0@{sha('a')}")


def test_3_3_a_write_sets_all_sites_of_a_mixed_app(tmp_path: Path) -> None:
    built = build(tmp_path, SEMVER, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}:1.3.0", f"{WEB}:1.6.0")})
    made = plan(built, Update(("dev",)), book())
    assert after(made, "dev/a.yaml") == deployment("a", *[f"{WEB}:1.6.0"] * 3)


def test_3_4_one_site_that_cannot_be_edited_keeps_the_whole_app(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0"), "dev/b.yaml": deployment("b", WEB + ":{{ .Tag }}")}
    made = plan(build(tmp_path, SEMVER, files), Update(("dev",)), book())
    assert (outcome(made), made.steps) == (["dev web template"], ())
    assert "dev/b.yaml:8:" in made.refusals[0].reason


def test_the_digest_that_was_written_stands_in_what_the_commit_carries(tmp_path: Path) -> None:
    built = build(tmp_path, PLAIN, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0@{D4}")})
    (step,) = plan(built, wanted("dev", web="1.5.0"), book()).steps
    (carried,) = step.carried
    assert (str(carried.old), str(carried.new)) == (f"1.4.0@{D4}", f"1.5.0@{D5}")


@pytest.mark.parametrize(
    ("before", "after_"),
    [
        # A chart that writes `@sha256:` in its template has the digest without it.
        (f"sha: {'4' * 64}", f"sha: \"{'5' * 64}\""),
        (f"digest: '{'4' * 64}'", f"digest: '{'5' * 64}'"),
        (f"digest: sha256:{'4' * 64}", f"digest: sha256:{'5' * 64}"),
    ],
)
def test_a_digest_keeps_the_spelling_that_it_has(tmp_path: Path, before: str, after_: str) -> None:
    text = f"image:\n  repository: {WEB}\n  tag: 1.4.0\n  "
    made = plan(build(tmp_path, SEMVER, {"dev/values.yaml": text + before}), wanted("dev", web="1.5.0"), book())
    assert after(made, "dev/values.yaml") == text.replace("1.4.0", "1.5.0") + after_
    (change,) = made.changes
    assert change.old is not None
    assert change.old.digest == D4
    assert change.new.digest == D5


def test_a_refusal_points_at_the_value_and_says_what_to_do(tmp_path: Path) -> None:
    text = f"images:\n- name: {WEB}\n  newTag: |\n    1.4.0\n"
    made = plan(build(tmp_path, SEMVER, {"dev/kustomization.yaml": text}), wanted("dev", web="1.5.0"), book())
    (refusal,) = made.refusals
    assert refusal.code == "block-scalar"
    assert refusal.reason.startswith("dev/kustomization.yaml:3:11: cannot be edited: ")
    assert refusal.reason.endswith("as a literal block (|)")
