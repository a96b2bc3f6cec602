"""`set`, `update` and `to`: what each may do (SEMANTICS §5, §6), and how one app's fault leaves the others alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.plan.intent import Before, Promote, Rules, Sources, Update
from tests.estate.building import Files, build, deployment, kustomization
from tests.plan.planning import API, WEB, Book, House, after, book, outcome, plan, sha, wanted

TWO = f"apps: {{web: {{image: {WEB}}}, api: {{image: {API}}}}}\n"
CHAIN = TWO + "environments: {dev: {path: dev}, test: {path: test, from: dev}}"
D4, D5 = sha("4"), sha("5")


def both(web: str | None, api: str | None, folder: str = "dev") -> Files:
    images = {"web": (WEB, web), "api": (API, api)}
    return {
        f"{folder}/{app}/kustomization.yaml": kustomization(image, tag) for app, (image, tag) in images.items() if tag
    }


@pytest.mark.parametrize(
    ("files", "versions", "told"),
    [
        (both("1.4.0", "1.4.0"), {"web": "1.5.0", "api": "9.9.9"}, ["web not-alone", "api no-such-tag"]),
        (both("1.4.0", None), {"web": "1.5.0", "api": "1.5.0"}, ["api absent", "web not-alone"]),
        (both("1.4.0", "1.6.0"), {"web": "1.5.0", "api": "1.5.0"}, ["web not-alone", "api downgrade"]),
        # One that runs already stops nobody.
        (both("1.4.0", "1.5.0"), {"web": "1.5.0", "api": "1.5.0"}, ["web 1.4.0 → 1.5.0", "api already"]),
        (both("1.4.0", "1.4.0"), {"web": "1.5.0", "api": "1.6.0"}, ["web 1.4.0 → 1.5.0", "api 1.4.0 → 1.6.0"]),
    ],
)
def test_6_1_set_is_atomic(tmp_path: Path, files: Files, versions: dict[str, str], told: list[str]) -> None:
    made = plan(build(tmp_path, CHAIN, files), wanted("dev", **versions), book())
    assert outcome(made) == [f"dev {line}" for line in told]
    assert bool(made.steps) == bool(made.changes)


def test_6_1_set_is_not_held_by_the_policys_filters(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}, policy: {{semver: '^1.4'}}}}}}\nenvironments: {{dev: {{path: dev}}}}"
    registry = Book({WEB: {"2.0.0": ("a", None)}})
    built = build(tmp_path, config, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0")})
    assert outcome(plan(built, wanted("dev", web="2.0.0"), registry)) == ["dev web 1.4.0 → 2.0.0"]


FROM = (("from", "hotfix"),)


@pytest.mark.parametrize(
    ("source", "asked", "rules", "told"),
    [
        ("1.4.0", "1.5.0", Rules(), "not-in-source"),
        (f"1.5.0@{D5}", f"1.5.0@{D4}", Rules(), "not-in-source"),
        (None, "1.5.0", Rules(), "not-in-source"),
        ("1.4.0", "1.5.0", Rules(skipped_gates=(("soak", "why"),)), "not-in-source"),
        ("1.5.0", "1.5.0", Rules(), "1.4.0 → 1.5.0"),
        ("1.4.0", "1.5.0", Rules(skipped_gates=FROM), "1.4.0 → 1.5.0"),
    ],
)
def test_6_1_from_needs_the_source_to_run_it(
    tmp_path: Path, source: str | None, asked: str, rules: Rules, told: str
) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:{source}" if source else "nginx:1")}
    files |= {"test/a.yaml": deployment("a", f"{WEB}:1.4.0")}
    made = plan(build(tmp_path, CHAIN, files), wanted("test", web=asked), book(), rules)
    assert outcome(made) == [f"test web {told}"]


@pytest.mark.parametrize(("source", "recorded"), [("1.4.0", FROM), ("1.5.0", ())])
def test_6_1_a_gate_is_recorded_as_skipped_only_where_it_would_have_stopped(
    tmp_path: Path, source: str, recorded: tuple[tuple[str, str], ...]
) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:{source}"), "test/a.yaml": deployment("a", f"{WEB}:1.4.0")}
    made = plan(build(tmp_path, CHAIN, files), wanted("test", web="1.5.0"), book(), Rules(skipped_gates=FROM))
    assert [carried.skipped_gates for step in made.steps for carried in step.carried] == [recorded]
    there = plan(build(tmp_path, CHAIN, files), Promote("test", Sources(("dev",))), book(), Rules(skipped_gates=FROM))
    assert all(carried.skipped_gates == () for step in there.steps for carried in step.carried)


def test_6_1_what_the_source_runs_is_set_with_the_sources_digest(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.5.0@{D4}"), "test/a.yaml": deployment("a", f"{WEB}:1.3.0@{D5}")}
    made = plan(build(tmp_path, CHAIN, files), wanted("test", web="1.5.0"), book(), Rules(allow_downgrade=True))
    # The tag is D5 by now; what was tested is D4.
    assert after(made, "test/a.yaml") == deployment("a", f"{WEB}:1.5.0@{D4}")


POLICY = f"apps: {{web: {{image: {WEB}, policy: {{semver: '^1'}}}}, api: {{image: {API}, policy: {{semver: '^1'}}}}}}\n"


def test_5_1_no_policy(tmp_path: Path) -> None:
    config = (
        TWO.replace(f"{{image: {API}}}", f"{{image: {API}, policy: {{semver: '^1'}}}}")
        + "environments: {dev: {path: dev}}"
    )
    made = plan(build(tmp_path, config, both("1.4.0", "1.4.0")), Update(("dev",)), book())
    assert outcome(made) == ["dev api 1.4.0 → 1.6.0", "dev web no-policy"]
    assert "try one with `promote tags web --policy 'semver:*'`" in made.skips[0].reason


def test_5_2_unknown_means_no_choice_exit_4(tmp_path: Path) -> None:
    config = POLICY + "environments: {dev: {path: dev}}"
    made = plan(build(tmp_path, config, both("1.4.0", "1.4.0")), Update(("dev",)), book(dark=[API]))
    assert outcome(made) == ["dev web 1.4.0 → 1.6.0", "dev api registry 4"]
    assert made.failures[0].reason == f"{API} does not answer"


def test_5_2_a_digest_that_cannot_be_had_is_a_failure(tmp_path: Path) -> None:
    built = build(tmp_path, CHAIN, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0@{D4}")})
    assert outcome(plan(built, wanted("dev", web="1.5.0"), book(dark=[WEB]))) == ["dev web registry 4"]


def test_update_takes_no_tag_that_no_policy_passes(tmp_path: Path) -> None:
    config = POLICY.replace("'^1'", "'^7'") + "environments: {dev: {path: dev}}"
    made = plan(build(tmp_path, config, both("1.4.0", "1.4.0")), Update(("dev",)), book())
    assert outcome(made) == ["dev api no-candidate", "dev web no-candidate"]


def test_update_never_goes_back_to_what_the_policy_admits(tmp_path: Path) -> None:
    built = build(tmp_path, POLICY + "environments: {dev: {path: dev}}", both("2.0.0", "1.6.0"))
    assert outcome(plan(built, Update(("dev",)), book())) == ["dev api already", "dev web downgrade"]


def test_update_of_a_family_member_that_is_named_and_nowhere(tmp_path: Path) -> None:
    config = """
    apps: {"*": {image: "ghcr.io/acme/{app}", policy: {semver: "^1"}}}
    environments: {dev: {path: dev}, eu: {path: eu}}
    """
    built = build(tmp_path, config, {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0")}, apps=["web"])
    made = plan(built, Update(("dev", "eu"), ("web",)), book())
    assert outcome(made) == ["dev web 1.4.0 → 1.6.0", "eu web absent"]


@pytest.mark.parametrize(
    ("source", "target", "told"),
    [
        (None, f"{WEB}:1.4.0", "absent"),
        (f"{WEB}:1.5.0", None, "absent"),
        (WEB, f"{WEB}:1.4.0", "no-version"),
        (f"{WEB}:1.4.0", f"{WEB}:1.5.0", "downgrade"),
        (f"{WEB}:9.9.9", f"{WEB}:1.5.0", "no-such-tag"),
        (f"{WEB}@{D5}", f"{WEB}:1.4.0", "no-tag"),
        (f"{WEB}:1.5.0", f"{WEB}:1.5.0", "already"),
        # The source carries a digest, the target none: it stays so, if the tag still is that digest.
        (f"{WEB}:1.5.0@{D5}", f"{WEB}:1.4.0", "1.4.0 → 1.5.0"),
        (f"{WEB}:1.5.0@{D4}", f"{WEB}:1.4.0", "tag-moved"),
        (f"{WEB}:1.5.0@{D5}", f"{WEB}:1.4.0@{D4}", f"1.4.0@{'4' * 12} → 1.5.0@{'5' * 12}"),
        (f"{WEB}:1.5.0", f"{WEB}:1.4.0@{D4}", f"1.4.0@{'4' * 12} → 1.5.0@{'5' * 12}"),
        # Exactly what ran there, though the tag has another digest by now.
        (f"{WEB}:1.6.0@{D5}", f"{WEB}:1.4.0@{D4}", f"1.4.0@{'4' * 12} → 1.6.0@{'5' * 12}"),
        (f"{WEB}@{D5}", f"{WEB}@{D4}", f"@{'4' * 12} → @{'5' * 12}"),
    ],
)
def test_to_carries_tag_and_digest_exactly(tmp_path: Path, source: str | None, target: str | None, told: str) -> None:
    files = {"dev/a.yaml": deployment("a", source or "nginx:1"), "test/a.yaml": deployment("a", target or "nginx:1")}
    made = plan(build(tmp_path, CHAIN, files), Promote("test", Sources(("dev",)), ("web",)), book())
    assert outcome(made) == [f"test web {told}"]


def test_a_digest_that_no_site_names_beside_the_tag_must_be_the_tags(tmp_path: Path) -> None:
    files = {"test/a.yaml": deployment("a", f"{WEB}:1.4.0@{D4}")}
    built = build(tmp_path, CHAIN, {**files, "dev/a.yaml": deployment("a", f"{WEB}:1.5.0", f"{WEB}@{D4}")})
    assert outcome(plan(built, Promote("test", Sources(("dev",))), book())) == ["test web tag-moved"]
    built = build(tmp_path, CHAIN, {**files, "dev/a.yaml": deployment("a", f"{WEB}:1.5.0", f"{WEB}@{D5}")})
    made = plan(built, Promote("test", Sources(("dev",))), book(), Rules(verify_tag=False))
    assert after(made, "test/a.yaml") == deployment("a", f"{WEB}:1.5.0@{D5}")


def test_3_3_a_mixed_app_is_no_source(tmp_path: Path) -> None:
    files = {
        "dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}:1.5.0"),
        "test/a.yaml": deployment("a", f"{WEB}:1.3.0"),
    }
    made = plan(build(tmp_path, CHAIN, files), Promote("test", Sources(("dev",))), book())
    assert outcome(made) == ["test web mixed"]
    assert "1.4.0 at dev/a.yaml:8, 1.5.0 at dev/a.yaml:9" in made.refusals[0].reason


def test_9_1_one_app_of_to_stops_no_other(tmp_path: Path) -> None:
    files = {**both("9.9.9", "1.5.0"), **both("1.4.0", "1.4.0", "test")}
    made = plan(build(tmp_path, CHAIN, files), Promote("test", Sources(("dev",))), book())
    assert outcome(made) == ["test api 1.4.0 → 1.5.0", "test web no-such-tag"]


def test_6_2_source_moved(tmp_path: Path) -> None:
    house = House(tmp_path, CHAIN)
    before = Before.of(house.with_({**both("1.5.0", "1.5.0"), **both("1.4.0", "1.4.0", "test")}).estates)
    moved = house.with_(both("1.6.0", "1.5.0"))
    made = plan(moved, Promote("test", Sources(("dev",))), book(), before=before)
    assert outcome(made) == ["test api 1.4.0 → 1.5.0", "test web source-moved"]


def test_6_2_a_source_whose_digest_alone_has_moved(tmp_path: Path) -> None:
    config = CHAIN.replace(f"{{image: {WEB}}}", f"{{images: [{WEB}, {WEB}-migrate]}}")
    house = House(tmp_path, config)
    test = {"test/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}-migrate:1.4.0")}
    before = Before.of(
        house.with_({**test, "dev/a.yaml": deployment("a", f"{WEB}:1.5.0@{D4}", f"{WEB}-migrate:1.5.0@{D5}")}).estates
    )
    moved = house.with_({"dev/a.yaml": deployment("a", f"{WEB}:1.5.0@{D5}", f"{WEB}-migrate:1.5.0@{D5}")})
    assert outcome(plan(moved, Promote("test", Sources(("dev",))), book(), before=before)) == ["test web source-moved"]


SHARED = TWO + "environments: {dev: {path: [common, dev]}, test: {path: [common, test], from: dev}}"


def test_3_2_a_shared_site_is_refused_and_names_the_other(tmp_path: Path) -> None:
    built = build(tmp_path, SHARED, {"common/a.yaml": deployment("a", f"{WEB}:1.4.0")}, names=["dev"])
    made = plan(built, wanted("dev", web="1.5.0"), book())
    assert outcome(made) == ["dev web shared-site"]
    assert made.refusals[0].reason.startswith("common/a.yaml:8:")
    assert "test runs this place too" in made.refusals[0].reason


def test_3_2_shared_with_lets_a_shared_site_be_edited(tmp_path: Path) -> None:
    config = SHARED.replace("dev: {path: [common, dev]}", "dev: {path: [common, dev], shared_with: [test]}")
    built = build(tmp_path, config, {"common/a.yaml": deployment("a", f"{WEB}:1.4.0")}, names=["dev"])
    assert outcome(plan(built, wanted("dev", web="1.5.0"), book())) == ["dev web 1.4.0 → 1.5.0"]


def test_3_2_to_has_nothing_to_do_where_source_and_target_share_the_file(tmp_path: Path) -> None:
    built = build(tmp_path, SHARED, {"common/a.yaml": deployment("a", f"{WEB}:1.4.0")})
    assert outcome(plan(built, Promote("test", Sources(("dev",))), book())) == ["test web already"]
    pinned = build(tmp_path, SHARED, {"common/a.yaml": deployment("a", f"{WEB}:1.4.0@{D4}")})
    assert outcome(plan(pinned, Promote("test", Sources(("dev",))), book())) == ["test web already"]


def test_a_link_may_hide_an_app_and_is_named(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "web").symlink_to("../elsewhere")
    made = plan(build(tmp_path, CHAIN, both("1.5.0", None)), Promote("test", Sources(("dev",))), book())
    assert outcome(made) == ["test web unread"]
    assert made.refusals[0].reason.startswith("test/web could not be read (symlink)")


def test_6_1_what_is_not_in_the_source_is_told_how_to_set_it_all_the_same(tmp_path: Path) -> None:
    files = {f"{name}/a.yaml": deployment("a", f"{WEB}:1.4.0") for name in ("dev", "test")}
    made = plan(build(tmp_path, CHAIN, files), wanted("test", web="1.5.0"), book())
    assert made.refusals[0].reason.endswith("; bring it to dev first, or give `--skip-gate from --reason '…'`")
