from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from promote.image import Version
from promote.outcome import Refusal
from promote.plan.draft import Draft
from promote.plan.files import rewritten
from promote.plan.steps import steps
from promote.plan.write import Written
from promote.text.addition import Addition
from promote.text.edit import FileChange
from promote.text.part import Part
from tests.estate.building import Built, Files, build, kustomization
from tests.plan.planning import API, WEB, after, book, outcome, plan, wanted

CONFIG = f"""
apps: {{web: {{image: {WEB}}}, api: {{image: {API}}}}}
environments: {{dev: {{path: dev}}}}
targets: [{{app: web, file: dev/web.env, regex: '^TAG=(?P<tag>\\S+)$'}}]
"""
FILES: Files = {
    "dev/web.yaml": f"image: {{repository: {WEB}, tag: v1, digest: 'sha256:{'0' * 64}'}}\n",
    "dev/api.yaml": f"image: {{repository: {API}, tag: v1}}\n",
    "dev/other.yaml": "a: 1\n",
    "dev/web.env": "TAG=1.4.0\r\nX=1\r\n",
}
NEW = b"dev/new.yaml"


def draft(built: Built, app: str, *additions: Addition, wishes: Sequence[tuple[Part, str | None]] = ()) -> Draft:
    site = built["dev"].sites(app)[-1]
    written = Written(site, tuple(wishes), Version("v2"), tuple(additions))
    return Draft("dev", app, Version("v2"), (written,), "asked for")


def made(built: Built, *drafts: Draft) -> tuple[list[FileChange], list[Refusal]]:
    files, refused = rewritten(built.estates, drafts)
    return list(files.values()), refused


def value(text: str, keys: tuple[str, ...] = ("image", "tag"), path: bytes = NEW) -> Addition:
    return Addition(path, keys, text)


def entry(name: str, tag: str, path: bytes = NEW) -> Addition:
    return Addition(path, ("images",), (("name", name), ("newTag", tag)))


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (value("v2"), value("v3"), "under image.tag, v2 and v3"),
        (entry("web", "v2"), entry("web", "v3"), "under images, name=web newTag=v2 and name=web newTag=v3"),
    ],
)
def test_two_apps_that_add_different_values_under_the_same_keys_conflict(
    tmp_path: Path, one: Addition, other: Addition, why: str
) -> None:
    built = build(tmp_path, CONFIG, FILES)
    files, refused = made(built, draft(built, "web", one), draft(built, "api", other))
    assert files == []
    assert [(each.app, each.code) for each in refused] == [("web", "conflict"), ("api", "conflict")]
    assert all(each.reason == f"dev/new.yaml: not edited: two versions are wanted {why}" for each in refused)


def test_additions_that_contradict_each_other_in_a_new_file_are_refused(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, FILES)
    drafts = draft(built, "web", value("v2", ("image",))), draft(built, "api", value("v2", ("image", "tag")))
    files, refused = made(built, *drafts)
    assert (files, {each.code for each in refused}) == ([], {"not-writable"})


def test_a_file_that_is_there_and_was_not_read_is_never_written_over(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, FILES)
    files, refused = made(built, draft(built, "web", value("v2", path=b"dev/other.yaml")))
    assert files == []
    assert [(each.app, each.code) for each in refused] == [("web", "not-yaml")]


def test_nothing_is_added_to_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, FILES)
    files, refused = made(built, draft(built, "web", value("v2", path=b"dev/web.env")))
    assert (files, [each.code for each in refused]) == ([], ["not-yaml"])


def test_the_app_that_cannot_be_proven_is_blamed_for_its_addition_alone(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, FILES)
    path = b"dev/api.yaml"
    good, bad = value("x", ("more",), path), value("x", ("image", "tag", "deeper"), path)
    files, refused = made(built, draft(built, "web", bad), draft(built, "api", good))
    assert (files, [each.app for each in refused]) == ([], ["web"])
    files, refused = made(built, draft(built, "api", good))
    assert [(each.after, len(each.edits)) for each in files] == [
        (f"image: {{repository: {API}, tag: v1}}\nmore: x\n".encode(), 1)
    ]
    assert refused == []


def test_a_value_that_goes_and_one_that_stays_conflict(tmp_path: Path) -> None:
    built = build(
        tmp_path, CONFIG, {**FILES, "dev/kustomization.yaml": kustomization(API, "1", digest=f"sha256:{'0' * 64}")}
    )
    digest = next(site.digest for site in built["dev"].sites("api") if site.format == "kustomize")
    assert digest is not None
    drafts = draft(built, "api", wishes=[(digest, "sha256:1")]), draft(built, "web", wishes=[(digest, None)])
    files, refused = made(built, *drafts)
    assert {(each.app, each.code) for each in refused} == {("api", "conflict"), ("web", "conflict")}
    assert "sha256:1 and none" in refused[0].reason
    files, refused = made(built, drafts[1])
    assert [each.after for each in files] == [kustomization(API, "1").encode()]


def test_a_new_file_is_what_all_apps_add_to_it_each_once(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, FILES)
    web, api = entry("web", "v2"), entry("api", "1.10")
    files, refused = made(built, draft(built, "web", web), draft(built, "api", web, api))
    assert refused == []
    assert files == [
        FileChange(NEW, 0o100644, None, b'images:\n- name: web\n  newTag: v2\n- name: api\n  newTag: "1.10"\n', ())
    ]


def test_commits_of_one_app_each_build_on_the_file_that_the_first_creates(tmp_path: Path) -> None:
    built = build(tmp_path, CONFIG, FILES)
    drafts = [draft(built, "web", value("v2", ("web",))), draft(built, "api", value("v3", ("api",)))]
    whole, _ = rewritten(built.estates, drafts)
    first, second = steps(built.estates, drafts, "app", whole)
    assert [(each.before, each.after) for each in first.files] == [(None, b"web: v2\n")]
    assert [(each.before, each.after) for each in second.files] == [(b"web: v2\n", b"web: v2\napi: v3\n")]


def test_a_set_writes_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    config = CONFIG.replace("path: dev", "path: none")
    built = build(tmp_path, config, FILES)
    assert outcome(plan(built, wanted("dev", web="1.4.0"), book())) == ["dev web already"]
    done = plan(built, wanted("dev", web="1.5.0"), book())
    assert outcome(done) == ["dev web 1.4.0 → 1.5.0"]
    assert after(done, "dev/web.env") == "TAG=1.5.0\r\nX=1\r\n"


def test_a_digest_stands_behind_the_tag_in_a_file_that_is_no_yaml(tmp_path: Path) -> None:
    config = CONFIG.replace("path: dev", "path: none").replace(f"image: {WEB}", f"image: {WEB}, pin: both")
    built = build(tmp_path, config, FILES)
    done = plan(built, wanted("dev", web="1.5.0"), book())
    assert after(done, "dev/web.env") == f"TAG=1.5.0@sha256:{'5' * 64}\r\nX=1\r\n"
    again = build(tmp_path, config, {"dev/web.env": after(done, "dev/web.env").encode()})
    assert outcome(plan(again, wanted("dev", web="1.5.0"), book())) == ["dev web already"]
    back = build(tmp_path, config.replace("pin: both", "pin: tag"), {})
    assert after(plan(back, wanted("dev", web="1.6.0"), book()), "dev/web.env") == "TAG=1.6.0\r\nX=1\r\n"
