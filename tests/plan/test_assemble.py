"""Drafts put together: files, steps, and who is to blame where a file cannot be proven (SEMANTICS 11.6)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promote.config.settings import Group
from promote.outcome import Plan
from promote.plan.intent import Promote, Rules, Sources, Update
from tests.estate.building import build, deployment
from tests.plan.planning import API, WEB, Book, after, book, outcome, plan, sha

APPS = f"apps: {{web: {{image: {WEB}, policy: {{semver: '*'}}}}, api: {{image: {API}, policy: {{semver: '*'}}}}}}\n"
ONE_FILE = (
    APPS
    + """
environments: {dev: {path: values/none}, test: {path: values/none}}
targets:
- {app: web, file: values/all.yaml, path: "{environment}.web"}
- {app: api, file: values/all.yaml, path: "{environment}.api"}
"""
)
ALL = "dev: {web: 1.4.0, api: 1.4.0}\ntest: {web: 1.4.0, api: 1.4.0}\n"


def steps(made: Plan) -> list[list[str]]:
    return [[f"{each.environment}/{each.app}" for each in step.carried] for step in made.steps]


@pytest.mark.parametrize(
    ("group", "told"),
    [
        ("run", [["dev/web", "dev/api", "test/web", "test/api"]]),
        ("environment", [["dev/web", "dev/api"], ["test/web", "test/api"]]),
        ("app", [["dev/web"], ["dev/api"], ["test/web"], ["test/api"]]),
    ],
)
def test_two_environments_edit_one_file_and_the_steps_build_on_each_other(
    tmp_path: Path, group: Group, told: Sequence[Sequence[str]]
) -> None:
    made = plan(
        build(tmp_path, ONE_FILE, {"values/all.yaml": ALL}),
        Update(("dev", "test"), ("web", "api")),
        book(),
        Rules(group=group),
    )
    assert steps(made) == told
    assert after(made, "values/all.yaml") == ALL.replace("1.4.0", "1.6.0")
    first = made.steps[0].files[0]
    assert first.before == ALL.encode()
    assert (first.after or b"").count(b"1.6.0") == len(told[0])


@pytest.mark.parametrize("group", ["environment", "app"])
def test_environments_that_share_a_place_make_no_empty_commit(tmp_path: Path, group: Group) -> None:
    config = f"apps: {{web: {{image: {WEB}, policy: {{semver: '*'}}}}}}\n" + (
        "environments: {dev: {path: all, shared_with: [eu]}, eu: {path: all, shared_with: [dev]}}"
    )
    built = build(tmp_path, config, {"all/a.yaml": deployment("web", f"{WEB}:1.4.0")})
    made = plan(built, Update(("dev", "eu")), book(), Rules(group=group))
    assert steps(made) == [["dev/web", "eu/web"]]
    assert after(made, "all/a.yaml").count("1.6.0") == 1


def test_the_digests_of_several_images_are_told_one_by_one(tmp_path: Path) -> None:
    config = (
        f"apps: {{web: {{images: [{WEB}, {WEB}-migrate], policy: {{semver: '*'}}, pin: both}}}}\n"
        "environments: {dev: {path: dev}}"
    )
    text = deployment("web", f"{WEB}:1.4.0", f"{WEB}-migrate:1.4.0")
    made = plan(build(tmp_path, config, {"dev/a.yaml": text}), Update(("dev",)), book())
    (carried,) = made.steps[0].carried
    assert carried.digests == ((WEB, sha("6")), (f"{WEB}-migrate", sha("6")))


@pytest.mark.parametrize("group", ["run", "environment", "app"])
def test_many_apps_in_one_file_chain_in_any_group(tmp_path: Path, group: Group) -> None:
    names = [f"svc{number}" for number in range(12)]
    config = "apps: {'svc*': {image: 'ghcr.io/acme/{app}', policy: {semver: '*'}}}\nenvironments: {dev: {path: dev}}"
    registry = Book({f"ghcr.io/acme/{name}": {"1.0.0": ("1", None), "2.0.0": ("2", None)} for name in names})
    text = deployment("all", *(f"ghcr.io/acme/{name}:1.0.0" for name in names))
    made = plan(build(tmp_path, config, {"dev/a.yaml": text}), Update(("dev",)), registry, Rules(group=group))
    assert after(made, "dev/a.yaml") == text.replace("1.0.0", "2.0.0")
    assert len(made.steps) == (12 if group == "app" else 1)


def test_11_6_a_barred_app_leaves_the_others_of_its_file(tmp_path: Path) -> None:
    config = APPS + "environments: {dev: {path: dev}}"
    text = f"web: {{image: '{WEB}:1.4.0'}}\napi: &x\n  image: '{API}:1.4.0'\nother: *x\n"
    made = plan(build(tmp_path, config, {"dev/values.yaml": text}), Update(("dev",)), book())
    assert outcome(made) == ["dev web 1.4.0 → 1.6.0", "dev api anchor"]
    assert after(made, "dev/values.yaml") == text.replace(f"{WEB}:1.4.0", f"{WEB}:1.6.0")


def test_11_6_a_file_that_the_parsers_disagree_on_refuses_all_its_apps_and_no_other(tmp_path: Path) -> None:
    config = APPS + "environments: {dev: {path: dev}}"
    # U+2028 ends a line for libyaml, and not for ruamel.
    odd = f"note: |\n  one\u2028  two\nweb: {{image: '{WEB}:1.4.0'}}\n"
    files = {"dev/odd.yaml": odd, "dev/api.yaml": deployment("api", f"{API}:1.4.0")}
    made = plan(build(tmp_path, config, files), Update(("dev",)), book())
    assert [line for line in outcome(made) if "api" in line] == ["dev api 1.4.0 → 1.6.0"]
    assert [refusal.app for refusal in made.refusals] == ["web"]
    assert "dev/odd.yaml:" in made.refusals[0].reason


def test_11_1_an_override_replaces_whole_keys(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, policy: {{semver: "*", filter: {{ignore: ["1.6*"]}}}}}}}}
    environments: {{dev: {{path: a}}, eu: {{path: b, apps: {{web: {{policy: {{semver: "^1"}}}}}}}}}}
    """
    files = {f"{name}/a.yaml": deployment("a", f"{WEB}:1.4.0") for name in "ab"}
    made = plan(build(tmp_path, config, files), Update(("dev", "eu")), book())
    assert outcome(made) == ["dev web 1.4.0 → 1.5.0", "eu web 1.4.0 → 1.6.0"]


def test_two_versions_wanted_at_one_place_are_refused(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, policy: {{semver: "*"}}}}}}
    environments:
      dev: {{path: a, shared_with: [eu], apps: {{web: {{policy: {{semver: "~1.5"}}}}}}}}
      eu: {{path: a, shared_with: [dev]}}
    """
    made = plan(build(tmp_path, config, {"a/a.yaml": deployment("a", f"{WEB}:1.4.0")}), Update(("dev", "eu")), book())
    assert outcome(made) == ["dev web conflict", "eu web conflict"]
    assert made.steps == ()


def test_warnings_are_told_once(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: a}}, test: {{path: b, from: dev}}}}"
    files = {"a/a.yaml": deployment("a", f"{WEB}:main", f"{WEB}:main"), "b/a.yaml": deployment("a", f"{WEB}:main")}
    made = plan(build(tmp_path, config, files), Promote("test", Sources(("dev",))), book())
    assert (outcome(made), made.warnings) == (["test web already"], ())
