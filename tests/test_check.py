"""`check`: every environment, app and registry, each finding with its cure."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from promote.check import examine
from promote.question import Admitted, Answer, Answers, Probe, Probed, Question, Quota, drive
from tests.estate.building import Files, build, deployment, kustomization
from tests.plan.planning import API, WEB, Book, book

CONFIG = f"""
apps: {{web: {{image: {WEB}}}, api: {{image: {API}, policy: {{semver: "*"}}}}}}
environments: {{dev: {{path: [common, dev]}}, test: {{path: [common, test]}}, prod: {{path: prod}}}}
"""


def findings(root: Path, files: Files, names: list[str], registry: Book | None = None) -> list[str]:
    built = build(root, CONFIG, files, names=names)
    found = drive(examine(built.estates, names), registry or book())
    return [f"{one.level} {one.subject} {one.code} {one.exit_code}" for one in found]


def test_all_is_well(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")}
    assert findings(tmp_path, files, ["dev"]) == [
        "ok dev/api sites 0",
        "ok dev/web sites 0",
        f"ok {API} registry 0",
        f"ok {WEB} registry 0",
    ]


def test_only_what_is_asked_about_is_told_though_others_share_its_files(tmp_path: Path) -> None:
    files = {"common/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")}
    found = findings(tmp_path, files, ["dev"])
    assert "error dev/web shared-site 3" in found
    assert not any("test" in line for line in found)


def test_an_environment_without_files_is_told_beside_one_that_has_some(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0")}
    found = findings(tmp_path, files, ["dev", "prod"])
    assert "error prod no-files 3" in found
    assert "warning dev/api absent 0" in found


def test_what_differs_what_is_barred_and_what_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "link").symlink_to("..")
    files = {
        "dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}:1.5.0"),
        "dev/b.yaml": deployment("b", f"{API}:{{{{ .Tag }}}}"),
    }
    found = findings(tmp_path, files, ["dev"])
    assert {"warning dev unread 0", "warning dev/web mixed 0", "error dev/api template 3"} <= set(found)


def test_11_6_a_place_that_the_parsers_read_differently_is_told_before_anybody_needs_it(tmp_path: Path) -> None:
    """`check` said that all was well, and `set` refused the file."""
    files: Files = {"dev/values.yaml": f"image: {{repository: {WEB}, tag: 1.4.0}} # a\u2028b: c\n"}
    found = findings(tmp_path, files, ["dev"])
    assert [line for line in found if "dev/web" in line] == ["error dev/web parsers-disagree 3"]


def test_3_2_an_override_that_works_is_told_as_its_sites_are(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: [common, dev], override: dev/web.yaml}}, test: {{path: [common, test]}}}}
    """
    text = f"image: {{repository: {WEB}, tag: 1.4.0, digest: 'sha256:{'4' * 64}'}}\n"
    built = build(tmp_path, config, {"common/values.yaml": text})
    found = drive(examine(built.estates, ["dev"]), book())
    assert [f"{one.level} {one.subject} {one.code}" for one in found][:1] == ["ok dev/web sites"]
    assert not (tmp_path / "dev").exists()


def test_registries_are_asked_once_for_all_environments(tmp_path: Path) -> None:
    files = {f"{name}/a.yaml": deployment("a", f"{WEB}:9.9.9", f"{API}:1.4.0") for name in ("dev", "test", "prod")}
    registry = book(dark=[API])
    found = findings(tmp_path, files, ["dev", "test", "prod"], registry)
    assert found[-2:] == [f"error {API} registry 4", f"error {WEB} no-such-tag 4"]
    # The tags of one, what runs of both, and the limits of their host; for its policy the tags again (11.3).
    assert sorted(type(each).__name__ for each in registry.asked) == ["Facts", "Facts", "Limits", "Tags", "Tags"]


@pytest.mark.parametrize(
    ("quota", "told"),
    [
        (None, []),
        (Quota(100, 76, 21_600), [("ok", "76 of 100 pulls are left, counted over 6h")]),
        (Quota(100, 76, 0), [("ok", "76 of 100 pulls are left")]),
        (
            Quota(100, 9, 21_600),
            [("warning", "9 of 100 pulls are left, counted over 6h; sign in for more, or set a `mirror`")],
        ),
    ],
)
def test_what_a_registry_still_lets_us_pull_is_told_once_a_host(
    tmp_path: Path, quota: Quota | None, told: list[tuple[str, str]]
) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")}
    registry = book()
    registry.quota = quota
    found = drive(examine(build(tmp_path, CONFIG, files, names=["dev"]).estates, ["dev"]), registry)
    assert [(one.level, one.sentence) for one in found if one.code == "pulls-left"] == told
    assert {one.subject for one in found if one.code == "pulls-left"} <= {"ghcr.io"}
    # Lists of tags bring no limits: what runs is asked for too.
    assert registry.facts == ["1.4.0 digest"] * 2


def test_an_image_that_runs_and_is_gone_is_told_where_its_tags_are_listed(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:9.9.9")}
    assert f"error {API} no-such-tag 4" in findings(tmp_path, files, ["dev"])


NUMBERED = f"""
apps: {{web: {{image: {WEB}, policy: {{filter: {{match: "MATCH"}}, order: numeric}}}}, api: {{image: {API}}}}}
environments: {{dev: {{path: dev}}, test: {{path: test, from: dev}}}}
"""


@pytest.mark.parametrize(
    ("match", "tags", "told"),
    [
        ("^[0-9]+$", {"1": ("1", None), "main-2": ("2", None)}, []),
        ("^[0-9]+$", {}, []),  # a new image has no tag yet
        (
            "^[a-z]+$",
            {"1": ("1", None), "2": ("2", None)},
            ["dev/web: none of the 2 tags of web passes its policy; 1, for one: does not match ^[a-z]+$; "
             "correct `policy`: `promote tags web` says more"],
        ),
    ],
)  # fmt: skip
def test_5_1_a_policy_that_takes_none_of_the_tags_is_told(
    tmp_path: Path, match: str, tags: Mapping[str, tuple[str, int | None]], told: list[str]
) -> None:
    """`check` said that all was well, where `status` and `update` said that no tag passes."""
    files = {f"{name}/a.yaml": deployment("a", f"{WEB}:1", f"{API}:1.4.0") for name in ("dev", "test")}
    estates = build(tmp_path, NUMBERED.replace("MATCH", match), files, names=["dev", "test"]).estates
    found = drive(examine(estates, ["dev", "test"]), Book({**book().images, WEB: tags}))
    assert [f"{one.subject}: {one.sentence}" for one in found if one.code == "no-candidate"] == told
    assert {one.level for one in found if one.code == "no-candidate"} <= {"warning"}


HOLDS = ".promote/holds/dev.yaml"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("holds: [{app: web}]\n", ["error dev holds 3"]),
        ("holds: [{app: gone, version: '*'}]\n", ["warning dev/gone unknown-hold 0"]),
        ("holds: [{app: web, version: 1.5.0}, {app: '*', version: 2.0.0}]\n", ["ok dev holds 0"]),
        ("holds: []\n", []),
    ],
    ids=["broken", "unknown", "known", "none"],
)
def test_8_3_a_file_of_holds_is_looked_at(tmp_path: Path, text: str, told: list[str]) -> None:
    files: Files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0"), HOLDS: text}
    assert [line for line in findings(tmp_path, files, ["dev"]) if "hold" in line] == told


@pytest.mark.parametrize(
    ("admitted", "told"),
    [
        (None, []),
        (Admitted(), ["asked without signing in"]),
        (Admitted("ci", "CI_JOB_TOKEN"), ["signed in as ci, by CI_JOB_TOKEN"]),
    ],
)
def test_as_whom_a_registry_was_asked_is_told_once_a_host(
    tmp_path: Path, admitted: Admitted | None, told: list[str]
) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")}
    registry = book()
    registry.admitted = admitted
    found = drive(examine(build(tmp_path, CONFIG, files, names=["dev"]).estates, ["dev"]), registry)
    assert [one.what for one in found if one.code == "signed-in"] == told


def test_what_is_denied_was_asked_as_nobody(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{API}:1.4.0")}
    registry = book(dark=[API, WEB])
    registry.admitted = Admitted("ci")
    assert not any("signed-in" in line for line in findings(tmp_path, files, ["dev"], registry))


GATED = f"""
apps: {{web: {{image: {WEB}}}}}
environments:
  dev: {{path: dev}}
  test:
    path: test
    from: dev
    gates: [{{soak: 1h}}, {{http: {{url: "https://{{app}}.dev.example.com/{{tag}}"}}}}, {{run: ./smoke.sh}}]
    verify: [{{http: {{url: "https://{{app}}.test.example.com/{{tag}}"}}}}]
"""


def test_6_4_a_gate_is_tried_with_what_the_source_runs_and_a_check_with_what_runs_here(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.5.0"), "test/a.yaml": deployment("a", f"{WEB}:1.4.0")}
    estates = build(tmp_path, GATED, files, names=["dev", "test"]).estates
    asked: list[Probe] = []
    registry = book()

    def ask(questions: frozenset[Question]) -> Answers:
        probes = [each for each in questions if isinstance(each, Probe)]
        asked.extend(probes)
        said: dict[Question, Answer] = {
            each: Probed("passed" if ".dev." in repr(each.settings) else "failed", "answered") for each in probes
        }
        return {**registry(questions - said.keys()), **said}

    found = drive(examine(estates, ["test"]), ask)
    told = [(one.level, one.subject, one.sentence) for one in found if one.part == "gates"]
    assert told == [
        ("ok", "test/gates[0].soak", "its settings are fine"),
        ("ok", "test/gates[1].http", "asked of web 1.5.0: answered"),
        (
            "warning",
            "test/verify[0].http",
            "asked of web 1.4.0: answered; see to what it asks, if it is to pass; else correct its settings",
        ),
    ]
    # No command is started to see whether it works.
    assert sorted(each.settings.url for each in asked) == [  # type: ignore[attr-defined]
        "https://web.dev.example.com/1.5.0",
        "https://web.test.example.com/1.4.0",
    ]


def test_a_gate_that_can_be_asked_about_nothing_is_told(tmp_path: Path) -> None:
    files = {"dev/a.yaml": deployment("a", f"{WEB}:1.5.0", f"{WEB}:1.4.0"), "test/a.yaml": "a: b\n"}
    estates = build(tmp_path, GATED, files, names=["dev", "test"]).estates
    found = drive(examine(estates, ["test"]), book())
    tried = [one.what for one in found if one.subject.endswith("http")]
    assert tried == ["not tried: no app runs one version"] * 2


SIGNED = f"""
apps: {{web: {{image: {WEB}, refs: [github.com/acme/web]}}, api: {{image: {API}%s}}}}
environments:
  dev: {{path: dev}}
  prod: {{path: prod, from: dev, gates: [{{signature: {{key: cosign.pub}}}}]}}
"""
DIGEST = "sha256:" + "a" * 64
MOVES = ["https://github.com/acme/web//deploy?ref=1.4.0"]


@pytest.mark.parametrize(
    ("pin", "digest", "runs", "told"),
    [
        ("", "", "1.5.0", ["will hold no digest of api", "not tried: no app runs one version with its digest"]),
        (", pin: tag", DIGEST, "1.5.0", ["will hold no digest of api", "not tried: no app"]),
        (", pin: both", "", "1.5.0", ["not tried: no app"]),
        ("", DIGEST, "1.5.0", ["not tried: no app"]),
        (", pin: both", "", f"1.5.0@{DIGEST}", [f"asked of api 1.5.0@{DIGEST[7:19]}: answered"]),
    ],
)
def test_a_signature_gate_says_before_the_first_run_where_no_digest_will_stand(
    tmp_path: Path, pin: str, digest: str, runs: str, told: list[str]
) -> None:
    files = {
        "dev/a.yaml": deployment("a", f"{API}:{runs}"),
        # The revision of web moves with its tag, and is no place for a digest.
        "prod/web/kustomization.yaml": kustomization(WEB, "1.4.0", digest=DIGEST, resources=MOVES),
        "prod/api/kustomization.yaml": kustomization(API, "1.4.0", digest=digest or None),
    }
    estates = build(tmp_path, SIGNED % pin, files, names=["dev", "prod"]).estates

    def ask(questions: frozenset[Question]) -> Answers:
        said: dict[Question, Answer] = {
            each: Probed("passed", "answered") for each in questions if isinstance(each, Probe)
        }
        return {**book()(questions - said.keys()), **said}

    found = [one for one in drive(examine(estates, ["prod"]), ask) if one.subject == "prod/gates[0].signature"]
    assert len(found) == len(told)
    for one, part in zip(found, told, strict=True):
        assert (part in one.what, one.level) == (True, "warning" if "no digest" in part else "ok")
    if len(told) == 2:
        assert found[0].what.startswith("prod/api/kustomization.yaml:")
        assert found[0].sentence.endswith("only what has one is signed; set `pin: both` for api")


ILL = f"""
apps: {{web: {{image: {WEB}}}, api: {{image: {API}, policy: {{semver: "*"}}}}, shop: {{image: ghcr.io/acme/shop}}}}
environments:
  dev: {{path: [common, dev]}}
  test: {{path: [common, test], override: test/a.yaml}}
  prod: {{path: prod}}
targets: [{{app: web, file: "dev/tag.yaml", path: web.tag}}]
"""


def test_whatever_is_not_well_is_told_with_what_to_do(tmp_path: Path) -> None:
    """Files that are not read, apps that no file names and registries that do not answer were told without."""
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev" / "link").symlink_to("..")
    files: Files = {
        "common/a.yaml": deployment("c", f"{API}:1.4.0"),
        "dev/a.yaml": deployment("a", f"{WEB}:1.4.0", f"{WEB}:1.5.0"),
        "dev/b.yaml": deployment("b", "ghcr.io/acme/shop:{{ .Tag }}"),
        "dev/values.yaml": "image: {repository: ghcr.io/acme/shop, tag: 1.4.0} # a\u2028b: c\n",
        "dev/tag.yaml": 'web: {}\nimage: ghcr.io/acme/other:1 # {"$imagepolicy": "ns:other"}\n',
        "test/a.yaml": deployment("a", f"{WEB}:9.9.9"),
        HOLDS: "holds: [{app: gone, version: '*'}]\n",
        HOLDS.replace("dev", "test"): "holds: [{app: web}]\n",
    }
    registry = book(dark=[API])
    registry.quota = Quota(100, 9, 0)
    names = ["dev", "test", "prod"]
    found = drive(examine(build(tmp_path, ILL, files, names=names).estates, names), registry)
    told = {one.code: one for one in found if one.level != "ok"}
    assert {code: one.cure for code, one in told.items()} == {
        "absent": "nothing, if prod is not to run it; else correct `path`, or name its place by `targets`",
        "holds": "correct the file: until then nothing is brought into test",
        "mixed": "align them by `promote set`",
        "no-override": "name another file by `override`, or set the tag in a file of test",
        "no-such-tag": "push it, or correct what names it",
        "parsers-disagree": "simplify that part of the file",
        "pulls-left": "sign in for more, or set a `mirror`",
        "registry": "see that this registry can be reached from here, and that whoever is signed in may pull from it",
        "shared-site": "say `shared_with`, or set the tag in a file of dev",
        "target-misses": "correct web.tag",
        "template": "let promote write the values that the template takes in, and list this file under `ignore`",
        "unbound-marker": "say `imagepolicy` on the app that it means, or remove the marker",
        "unknown-hold": "correct its name, or take the entry out",
        "unread": "name the file or the folder that it leads to in `path`",
    }
    # Not said twice.
    assert not [one for one in told.values() if one.cure in one.what]
