"""Order and downgrades under each policy (SEMANTICS §4): nothing older comes in, whatever ranks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from promote.plan.intent import Before, Rules, Update
from promote.question import Answer, Answers, Facts, Question, Unknown
from tests.estate.building import Built, build, kustomization
from tests.plan.planning import WEB, Book, after, outcome, plan, sha, wanted

# By policy: an older and a newer tag, with the letters of their digests and the years in which they were made.
FOLLOWED = "{order: {digest: main}}"
POLICIES = {
    "{semver: '*'}": (("1.9.0", "1", 2024), ("1.10.0", "2", 2023)),
    "{order: numeric}": (("9", "1", 2024), ("10", "2", 2023)),
    "{order: {calver: YYYY.MM.MICRO}}": (("2025.9.12", "1", 2024), ("2025.10.2", "2", 2023)),
    "{order: alphabetical}": (("alpha", "1", 2024), ("beta", "2", 2023)),
    "{order: created}": (("zulu", "1", 2023), ("alpha", "2", 2024)),
    "{order: numeric, direction: desc}": (("10", "1", 2024), ("9", "2", 2023)),
    "{order: created, direction: desc}": (("zulu", "1", 2024), ("alpha", "2", 2023)),
    FOLLOWED: (("old", "1", 2023), ("main", "2", 2024)),
}
UPDATE = Update(("dev",))


def built(folder: Path, policy: str, runs: str, digest: str | None = None) -> Built:
    config = f"apps: {{web: {{image: {WEB}, policy: {policy}}}}}\nenvironments: {{dev: {{path: dev}}}}"
    return build(folder, config, {"dev/kustomization.yaml": kustomization(WEB, f'"{runs}"', digest=digest)})


def registry(*tags: tuple[str, str, int]) -> Book:
    return Book({WEB: {tag: (letter, year) for tag, letter, year in tags}})


def new(policy: str, tag: tuple[str, str, int]) -> str:
    """A version as it is brought in: what follows a tag writes its digest beside it."""
    return f"{tag[0]}@{tag[1] * 12}" if policy == FOLLOWED else tag[0]


@pytest.mark.parametrize("policy", POLICIES)
def test_4_2_what_ranks_lower_is_a_downgrade(tmp_path: Path, policy: str) -> None:
    older, newer = POLICIES[policy]
    here = built(tmp_path, policy, newer[0])
    made = plan(here, wanted("dev", web=older[0]), registry(older, newer))
    assert outcome(made) == ["dev web downgrade"]
    # Two digests have no order under a policy that follows one tag.
    assert ("by the dates" if policy == FOLLOWED else "by its policy") in made.refusals[0].reason
    allowed = plan(here, wanted("dev", web=older[0]), registry(older, newer), Rules(allow_downgrade=True))
    assert outcome(allowed) == [f"dev web {newer[0]} → {new(policy, older)}"]


@pytest.mark.parametrize("policy", POLICIES)
def test_4_1_what_ranks_higher_goes_ahead(tmp_path: Path, policy: str) -> None:
    older, newer = POLICIES[policy]
    here = built(tmp_path, policy, older[0])
    told = [f"dev web {older[0]} → {new(policy, newer)}"]
    assert outcome(plan(here, wanted("dev", web=newer[0]), registry(older, newer))) == told
    assert outcome(plan(here, UPDATE, registry(older, newer))) == told


@pytest.mark.parametrize("policy", POLICIES)
def test_the_newest_that_runs_already_is_no_change(tmp_path: Path, policy: str) -> None:
    older, newer = POLICIES[policy]
    runs = newer[0], sha(newer[1]) if policy == FOLLOWED else None
    assert outcome(plan(built(tmp_path, policy, *runs), UPDATE, registry(older, newer))) == ["dev web already"]


@pytest.mark.parametrize("policy", POLICIES)
def test_4_3_what_somebody_newer_has_overtaken_is_no_fault(tmp_path: Path, policy: str) -> None:
    older, newer = POLICIES[policy]
    before = Before.of(built(tmp_path / "then", policy, "0").estates)
    now = built(tmp_path / "now", policy, newer[0])
    made = plan(now, wanted("dev", web=older[0]), registry(older, newer), None, before)
    assert outcome(made) == ["dev web overtaken"]


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("{semver: '<2'}", "outside <2"),
        ("{semver: '*', filter: {ignore: ['2.*']}}", "ignored by 2.*"),
        ("{semver: '*', platforms: [linux/riscv64]}", ""),
    ],
)
def test_4_2_a_policy_that_would_lower_an_environment_says_so(tmp_path: Path, policy: str, why: str) -> None:
    here = built(tmp_path, policy, "2.0.0")
    made = plan(here, UPDATE, registry(("1.9.0", "1", 2023), ("2.0.0", "2", 2024)))
    if not why:
        assert outcome(made) == ["dev web no-candidate"]
        return
    assert outcome(made) == ["dev web downgrade"]
    assert "its policy does not take 2.0.0: " in made.refusals[0].reason
    assert why in made.refusals[0].reason


def test_4_2_a_version_that_the_registry_no_longer_lists_is_not_left_for_an_older_one(tmp_path: Path) -> None:
    made = plan(built(tmp_path, "{semver: '*'}", "2.0.0"), UPDATE, registry(("1.9.0", "1", 2023)))
    assert outcome(made) == ["dev web downgrade"]
    assert "the registry does not list it" in made.refusals[0].reason


def test_4_2_what_a_policy_cannot_rank_is_told_by_the_dates(tmp_path: Path) -> None:
    tags = (("main", "1", 2025), ("1.9.0", "2", 2024), ("1.10.0", "3", 2026))
    here = built(tmp_path, "{semver: '*'}", "main")
    assert outcome(plan(here, UPDATE, registry(*tags))) == ["dev web main → 1.10.0"]
    assert outcome(plan(here, UPDATE, registry(*tags[:2]))) == ["dev web downgrade"]


@pytest.mark.parametrize(
    ("runs", "told"),
    [
        # Without a digest there: the pin that follows one writes it beside the tag.
        ("main", f"main → main@{'b' * 12}"),
        (f"main@{sha('a')}", f"main@{'a' * 12} → main@{'b' * 12}"),
        (f"main@{sha('b')}", "already"),
        # From an ordinary tag to the followed one: the dates tell.
        ("1.9.0", f"1.9.0 → main@{'b' * 12}"),
        ("3.0.0", "downgrade"),
    ],
)
def test_a_followed_tag_moves_by_its_digest(tmp_path: Path, runs: str, told: str) -> None:
    tag, _, digest = runs.partition("@")
    here = built(tmp_path, FOLLOWED, tag, digest or None)
    book = registry(("main", "b", 2025), ("1.9.0", "1", 2024), ("3.0.0", "3", 2026))
    made = plan(here, UPDATE, book)
    assert outcome(made) == [f"dev web {told}"]
    assert not any(type(question).__name__ == "Tags" for question in book.asked)
    if made.changes:
        assert sha("b") in after(made, "dev/kustomization.yaml")


def test_with_created_and_no_questions_allowed_nothing_is_asked(tmp_path: Path) -> None:
    older, newer = POLICIES["{order: created}"]
    book = registry(older, newer)
    here = built(tmp_path, "{order: created}", newer[0])
    made = plan(here, wanted("dev", web=older[0]), book, Rules(verify_tag=False))
    assert (outcome(made), book.asked) == ([f"dev web {newer[0]} → {older[0]}"], [])
    assert made.warnings


class Moving(Book):
    """A registry in which `main` is pushed anew after its platforms were looked at."""

    def __call__(self, questions: frozenset[Question]) -> Answers:
        answers = super().__call__(questions)
        if any(isinstance(each, Facts) for each in questions):
            self.images = {WEB: {"main": ("c", 2026)}}
        return answers


@pytest.mark.parametrize("digest", [sha("a"), None])
def test_5_2_what_was_not_judged_is_not_written(tmp_path: Path, digest: str | None) -> None:
    policy = "{order: {digest: main}, min_age: 1d}"
    config = f"apps: {{web: {{image: {WEB}, policy: {policy}}}}}\nenvironments: {{dev: {{path: dev}}}}"
    here = build(tmp_path, config, {"dev/kustomization.yaml": kustomization(WEB, "main", digest=digest)})
    made = plan(here, UPDATE, Moving({WEB: {"main": ("b", 2025)}}))
    assert outcome(made) == ["dev web tag-moved"]
    assert made.refusals[0].reason.endswith("it has moved since the policy looked at it: run again")


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ("{semver: '^9'}", "none of the 2 tags of web passes its policy; 1.9.0, for one: outside ^9"),
        # The best one that failed is told, not just any.
        ("{semver: '*', platforms: [linux/arm64]}", "2.0.0, for one: lacks linux/arm64"),
        ("{order: {digest: 1.9.0}, platforms: [linux/arm64]}", "no tag of web passes its policy; 1.9.0, for one: "),
    ],
)
def test_that_no_tag_passes_is_told_with_an_example(tmp_path: Path, policy: str, told: str) -> None:
    here = built(tmp_path, policy, "1.0.0")
    made = plan(here, UPDATE, registry(("1.9.0", "1", 2023), ("2.0.0", "2", 2024)))
    assert outcome(made) == ["dev web no-candidate"]
    assert told in made.skips[0].reason


@dataclass
class Silent(Book):
    """A registry that answers for all tags but one."""

    silent: str = ""

    def _answer(self, question: Question) -> Answer:
        if isinstance(question, Facts) and question.reference == self.silent:
            return Unknown("it answered 503", 4)
        return super()._answer(question)


@pytest.mark.parametrize(
    ("policy", "runs", "older"),
    [("{order: created, filter: {match: '^main-'}}", "hotfix-9", "main-1"), ("{semver: '*'}", "nightly", "1.0.0")],
)
def test_5_2_a_date_of_what_runs_that_cannot_be_had_lets_nothing_older_in(
    tmp_path: Path, policy: str, runs: str, older: str
) -> None:
    images = {WEB: {runs: ("1", 2024), older: ("2", 2023)}}
    here = built(tmp_path, policy, runs)
    for intent in (UPDATE, wanted("dev", web=older)):
        assert outcome(plan(here, intent, Silent(images))) == ["dev web downgrade"]
        assert outcome(plan(here, intent, Silent(images, silent=runs))) == ["dev web registry 4"]
    allowed = plan(here, UPDATE, Silent(images, silent=runs), Rules(allow_downgrade=True))
    assert outcome(allowed) == [f"dev web {runs} → {older}"]


def test_4_2_update_knows_a_downgrade_without_verifying_tags(tmp_path: Path) -> None:
    here = built(tmp_path, "{order: created, filter: {match: '^main-'}}", "hotfix-9")
    images = {WEB: {"hotfix-9": ("1", 2024), "main-1": ("2", 2023)}}
    assert outcome(plan(here, UPDATE, Book(images), Rules(verify_tag=False))) == ["dev web downgrade"]


def test_a_followed_tag_that_is_gone_is_a_failure(tmp_path: Path) -> None:
    made = plan(built(tmp_path, "{order: {digest: main}}", "1.0.0"), UPDATE, registry(("1.0.0", "1", 2023)))
    assert outcome(made) == ["dev web registry 4"]
    assert made.failures[0].reason == f"{WEB}:main: 404"


def test_4_2_a_followed_tag_that_would_lower_an_environment_says_so(tmp_path: Path) -> None:
    tags = (("stable", "1", 2023), ("1.2.0", "2", 2024))
    made = plan(built(tmp_path, "{order: {digest: stable}}", "1.2.0"), UPDATE, registry(*tags))
    assert outcome(made) == ["dev web downgrade"]
    assert made.refusals[0].reason.endswith("its policy does not take 1.2.0: it follows stable")


def test_a_tag_that_has_moved_although_its_app_says_never_is_told_with_the_cure(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, immutable_tags: true, policy: {{semver: "*", min_age: 1d}}}}}}
    environments: {{dev: {{path: dev}}}}
    """
    here = build(tmp_path, config, {"dev/kustomization.yaml": kustomization(WEB, "1.0.0")})

    class Remembering(Book):
        def _answer(self, question: Question) -> Answer:
            self.images = {WEB: {"1.1.0": ("b" if getattr(question, "immutable", False) else "c", 2024)}}
            return super()._answer(question)

    made = plan(here, UPDATE, Remembering({WEB: {"1.1.0": ("b", 2024)}}))
    assert outcome(made) == ["dev web tag-moved"]
    assert made.refusals[0].reason.endswith("run with --no-cache")
