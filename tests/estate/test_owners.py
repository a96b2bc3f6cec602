"""Which sites are an app's (SEMANTICS §2)."""

from __future__ import annotations

from pathlib import Path

import pytest

from promote.errors import UsageError
from tests.estate.building import build, deployment, kustomization

WEB = "ghcr.io/acme/web"


def test_2_1_two_apps_claim_one_site_is_an_error(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, path: "a/**"}}, shop: {{image: {WEB}, path: "**"}}}}
    environments: {{dev: {{path: .}}}}
    """
    with pytest.raises(UsageError) as caught:
        build(tmp_path, config, {"a/kustomization.yaml": kustomization(WEB, "1")})
    assert str(caught.value).startswith("a/kustomization.yaml:4:11: ghcr.io/acme/web belongs to two apps here")
    assert caught.value.exit_code == 2


def test_2_1_images_are_compared_by_what_they_mean(tmp_path: Path) -> None:
    config = "apps: {proxy: {image: docker.io/library/nginx}}\nenvironments: {dev: {path: .}}"
    built = build(tmp_path, config, {"a.yaml": deployment("a", "nginx:1.27", "index.docker.io/nginx:1.27")})
    assert built.told("dev", "proxy") == ["a.yaml 1.27", "a.yaml 1.27"]


def test_2_1_explicit_beats_family(tmp_path: Path) -> None:
    config = """
    apps: {"*": {image: "ghcr.io/acme/{app}"}, shop: {image: ghcr.io/acme/web}}
    environments: {dev: {path: .}}
    """
    built = build(tmp_path, config, {"a.yaml": deployment("a", f"{WEB}:1", "ghcr.io/acme/api:2")})
    assert sorted(built["dev"].joined) == ["api", "shop"]


def test_2_1_explicit_beats_family_where_only_the_member_is_named(tmp_path: Path) -> None:
    config = """
    apps: {"*": {image: "ghcr.io/acme/{app}"}, shop: {image: ghcr.io/acme/web}}
    environments: {dev: {path: .}}
    """
    built = build(tmp_path, config, {"a.yaml": deployment("a", f"{WEB}:1")}, apps=["shop"])
    assert built.told("dev", "shop") == ["a.yaml 1"]


def test_2_1_two_families_that_match_one_image_are_an_error(tmp_path: Path) -> None:
    config = """
    apps: {"web-*": {image: "ghcr.io/acme/{app}"}, "*-web": {image: "ghcr.io/acme/{app}"}}
    environments: {dev: {path: .}}
    """
    with pytest.raises(UsageError):
        build(tmp_path, config, {"a.yaml": deployment("a", "ghcr.io/acme/web-web:1")})


def test_2_1_app_in_target_file_enumerates_a_family(tmp_path: Path) -> None:
    config = """
    apps: {"svc-*": {image: "ghcr.io/acme/{app}"}}
    environments: {dev: {path: nothing}, test: {path: nothing}}
    targets: [{app: "svc-*", file: "image-tags/{environment}/{app}", path: image_tag}]
    """
    files = {
        "image-tags/dev/svc-a": "image_tag: 1.0.0\n",
        "image-tags/dev/svc-b.conf": "image_tag: 1.1.0\n",
        "image-tags/dev/other": "image_tag: 9.9.9\n",
        "image-tags/test/svc-a": "image_tag: 0.9.0\n",
    }
    built = build(tmp_path, config, files)
    assert sorted(built["dev"].joined) == ["svc-a", "svc-b.conf"]
    assert built.told("dev", "svc-a") == ["image-tags/dev/svc-a 1.0.0"]
    assert built.told("test", "svc-a") == ["image-tags/test/svc-a 0.9.0"]
    assert str(built["dev"].sites("svc-a")[0].repository) == "ghcr.io/acme/svc-a"


@pytest.mark.parametrize("apps", [None, ["web"]])
def test_a_target_finds_its_own_environments_part_of_a_file_that_all_have(
    tmp_path: Path, apps: list[str] | None
) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: fleet}}, test: {{path: fleet}}}}
    targets:
    - {{app: web, file: fleet/fleet.yaml, path: "targetCustomizations[name={{environment}}].helm.values.tag"}}
    """
    fleet = """
    targetCustomizations:
    - name: dev
      helm: {values: {tag: 2.0.0}}
    - name: test
      helm: {values: {tag: 1.0.0}}
    """
    built = build(tmp_path, config, {"fleet/fleet.yaml": fleet}, apps=apps)
    assert built.told("dev", "web") == ["fleet/fleet.yaml 2.0.0"]
    assert built.told("test", "web") == ["fleet/fleet.yaml 1.0.0"]


def test_a_targets_file_may_lie_outside_and_stands_above_every_layer(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}}}
    environments: {{dev: {{path: [base, dev]}}}}
    targets: [{{app: web, file: "tags/{{environment}}.txt", path: web}}]
    """
    built = build(tmp_path, config, {"tags/dev.txt": "web: 1.0.0\n", "base/x.yaml": "a: 1\n"})
    (site,) = built["dev"].sites("web")
    assert (site.layer, site.format, site.version.tag) == (2, "target", "1.0.0")


def test_2_2_kustomize_matches_names_as_written(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}, aliases: [web-image]}}}}\nenvironments: {{dev: {{path: .}}}}"
    entries = f"""
    images:
    - {{name: web-image, newTag: "1"}}
    - {{name: {WEB}, newName: mirror.example.com/web, newTag: "2"}}
    - {{name: placeholder, newName: {WEB}, newTag: "3"}}
    """
    built = build(tmp_path, config, {"kustomization.yaml": entries})
    assert built.told("dev", "web") == ["kustomization.yaml 1", "kustomization.yaml 3"]


def test_2_3_an_untagged_string_counts_only_where_an_image_belongs(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: .}}}}"
    text = f"apiVersion: v1\nkind: Pod\nmetadata: {{name: a}}\nspec: {{containers: [{{name: a, image: {WEB}}}]}}\n"
    files = {"a.yaml": text, "b.yaml": f"apiVersion: v1\nkind: ConfigMap\ndata: {{about: {WEB}}}\n"}
    assert built_files(build(tmp_path, config, files).told("dev", "web")) == ["a.yaml"]


def built_files(told: list[str]) -> list[str]:
    return [line.split()[0] for line in told]


def test_2_3_a_registry_beside_the_repository_and_a_tag_alone_are_not_missed(tmp_path: Path) -> None:
    config = f"apps: {{web: {{image: {WEB}}}}}\nenvironments: {{dev: {{path: [base, dev]}}}}"
    files = {
        "base/values.yaml": "image: {registry: ghcr.io, repository: acme/web, tag: ''}\n",
        "dev/values.yaml": "image: {tag: 1.0.0}\n",
    }
    assert build(tmp_path, config, files).told("dev", "web") == ["dev/values.yaml 1.0.0"]


def test_2_4_a_path_narrows_an_app_to_its_part(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, path: "apps/web/**"}}, shop: {{image: {WEB}, path: "apps/shop/**"}}}}
    environments: {{dev: {{path: .}}}}
    """
    files = {f"apps/{app}/kustomization.yaml": kustomization(WEB, tag) for app, tag in (("web", "1"), ("shop", "2"))}
    built = build(tmp_path, config, files)
    assert built.told("dev", "web") == ["apps/web/kustomization.yaml 1"]
    assert built.told("dev", "shop") == ["apps/shop/kustomization.yaml 2"]


def test_2_5_any_key_may_differ_in_one_environment(tmp_path: Path) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}, pin: keep}}}}
    environments:
      dev: {{path: dev}}
      prod: {{path: prod, apps: {{web: {{image: prod.example.com/web, pin: both}}}}}}
    """
    files = {
        "dev/a.yaml": deployment("a", f"{WEB}:1"),
        "prod/a.yaml": deployment("a", f"{WEB}:1", "prod.example.com/web:2"),
    }
    built = build(tmp_path, config, files)
    assert (built.told("dev", "web"), built["dev"].apps["web"].pin) == (["dev/a.yaml 1"], "keep")
    assert (built.told("prod", "web"), built["prod"].apps["web"].pin) == (["prod/a.yaml 2"], "both")


def test_a_family_member_that_is_named_is_known_where_no_file_has_it(tmp_path: Path) -> None:
    config = 'apps: {"svc-*": {image: "ghcr.io/acme/{app}"}}\nenvironments: {dev: {path: dev}}'
    built = build(tmp_path, config, {"dev/a.yaml": "a: 1\n"}, apps=["svc-x"])
    assert str(built["dev"].apps["svc-x"].repositories[0]) == "ghcr.io/acme/svc-x"
    assert built["dev"].runs("svc-x") == "absent"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"image: ghcr.io/acme/web:1 \xff\n", "not-utf8"),
        (b"image: 'ghcr.io/acme/web:1\n", "not-yaml"),
        (b"image: ghcr.io/acme/web:1\nx: " + b"[" * 100_000, "too-deep"),
    ],
)
def test_11_6_a_file_that_cannot_be_read_bars_only_the_apps_whose_image_it_names(
    tmp_path: Path, data: bytes, code: str
) -> None:
    config = f"""
    apps: {{web: {{image: {WEB}}}, api: {{image: ghcr.io/acme/api}}, webshop: {{image: ghcr.io/acme/webshop}}}}
    environments: {{dev: {{path: dev}}, test: {{path: test}}}}
    """
    built = build(tmp_path, config, {"dev/bad.yaml": data, "test/a.yaml": deployment("a", f"{WEB}:1")})
    assert built.barred("dev", "web") == [f"dev/bad.yaml {code}"]
    assert built.barred("dev", "api") == []
    assert built.barred("dev", "webshop") == []
    assert built.barred("test", "web") == []


def test_11_6_a_broken_file_of_another_apps_folder_bars_nobody_else(tmp_path: Path) -> None:
    config = """
    apps: {web: {image: ghcr.io/acme/web}, api: {image: ghcr.io/acme/api}}
    environments: {dev: {path: "apps/{app}"}}
    """
    built = build(tmp_path, config, {"apps/api/bad.yaml": "x: 'ghcr.io/acme/web ghcr.io/acme/api\n"})
    assert built.barred("dev", "web") == []
    assert len(built.barred("dev", "api")) == 1
