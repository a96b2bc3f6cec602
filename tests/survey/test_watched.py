"""What Flux's image automation and Argo CD Image Updater watch, and what of it becomes a policy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from promote.config.load import load
from promote.survey import flux, updater
from promote.survey.watched import Watched, said
from promote.text.document import Stream, parse
from tests.survey.trees import deployment, settled

NOT_HERE = "the image of its ImageRepository web is not in this repository"
PREFIX = "argocd-image-updater.argoproj.io"


def _streams(*texts: str) -> list[Stream]:
    found = [parse(f"{place}.yaml".encode(), text.encode()) for place, text in enumerate(texts)]
    assert all(isinstance(each, Stream) for each in found)
    return [each for each in found if isinstance(each, Stream)]


def _object(group: str, kind: str, name: str, spec: str, namespace: str = "flux-system") -> str:
    metadata = f"{{name: {name}, namespace: {namespace}}}" if namespace else f"{{name: {name}}}"
    return f"apiVersion: {group}\nkind: {kind}\nmetadata: {metadata}\nspec: {spec}\n"


def _image(name: str = "web", image: str = "ghcr.io/acme/web", more: str = "", namespace: str = "flux-system") -> str:
    return _object(f"{flux.GROUP}/v1", "ImageRepository", name, f"{{image: {image}{more}}}", namespace)


def _policy(policy: str, name: str = "web", source: str = "{name: web}", namespace: str = "flux-system") -> str:
    spec = f"{{imageRepositoryRef: {source}, {policy}}}"
    return _object(f"{flux.GROUP}/v1beta2", "ImagePolicy", name, spec, namespace)


@pytest.mark.parametrize(
    ("texts", "sentences"),
    [
        ((), []),
        ((_image(),), []),
        ((_object("example.com/v1", "ImagePolicy", "web", "{imageRepositoryRef: {name: web}}"),), []),
        ((_object(f"{flux.GROUP}/v1", "ImagePolicy", "web", "{policy: {semver: {range: 1.x}}}"),), []),
        (
            (_policy("policy: {semver: {range: 1.x}}"),),
            [f"Flux ImagePolicy flux-system:web (0.yaml): {NOT_HERE}"],
        ),
        (
            (_image(image='"${REGISTRY}/web"'), _policy("policy: {semver: {range: 1.x}}")),
            ["Flux ImagePolicy flux-system:web (1.yaml): the image of its ImageRepository web is a template"],
        ),
        (
            (_image(namespace="other"), _policy("policy: {semver: {range: 1.x}}")),
            [f"Flux ImagePolicy flux-system:web (1.yaml): {NOT_HERE}"],
        ),
    ],
)
def test_flux_watches_nothing_that_is_known(texts: Sequence[str], sentences: list[str]) -> None:
    assert flux.watched(_streams(*texts), ()) == ((), tuple(sentences))


@pytest.mark.parametrize(
    ("policy", "comes_to", "lost"),
    [
        ("policy: {semver: {range: '>=1.0.0-0'}}", {"semver": ">=1.0.0-0"}, []),
        ("policy: {alphabetical: {}}", {"order": "alphabetical"}, []),
        ("policy: {alphabetical: {order: desc}}", {"order": "alphabetical", "direction": "desc"}, []),
        ("policy: {numerical: {order: asc}}", {"order": "numeric"}, []),
        (
            "filterTags: {pattern: '^main-(?<ts>[0-9]+)', extract: $ts}, policy: {numerical: {order: asc}}",
            {"order": "numeric", "filter": {"match": "^main-(?P<ts>[0-9]+)", "extract": "$ts"}},
            [],
        ),
        (
            "digestReflectionPolicy: Always, policy: {semver: {range: 1.x}}",
            {"semver": "1.x"},
            ["digestReflectionPolicy Always: `pin: both` writes digests"],
        ),
        ("digestReflectionPolicy: Never, policy: {semver: {range: 1.x}}", {"semver": "1.x"}, []),
        ("policy: {}", None, ["its policy, since nothing says how tags are ranked"]),
        ("policy: {semver: {range: one}}", None, ["its policy, since "]),
        (
            # What Go reads and Python does not.
            "filterTags: {pattern: '^\\pN+\\z'}, policy: {numerical: {order: asc}}",
            None,
            ["its policy, since match "],
        ),
    ],
)
def test_a_policy_of_flux_and_what_it_comes_to(
    policy: str, comes_to: Mapping[str, object] | None, lost: list[str]
) -> None:
    (found,), unknown = flux.watched(_streams(_image(), _policy(policy)), ())
    assert unknown == ()
    assert (str(found.repository), found.imagepolicy) == ("ghcr.io/acme/web", "flux-system:web")
    assert (None if found.policy is None else said(found.policy)) == comes_to
    assert len(found.lost) == len(lost)
    assert all(each.startswith(start) for each, start in zip(found.lost, lost, strict=True))


def test_a_policy_without_a_namespace_is_what_a_marker_calls_it() -> None:
    texts = (_image(namespace=""), _policy("policy: {semver: {range: 1.x}}", namespace=""))
    (found,), _ = flux.watched(_streams(*texts), ["apps:web", "apps:other"])
    assert found.imagepolicy == "apps:web"
    (found,), _ = flux.watched(_streams(*texts), [])
    assert found.imagepolicy is None


def test_an_exclusion_list_is_lost_and_a_marker_without_a_policy_told() -> None:
    texts = (_image(more=", exclusionList: ['^.*\\.sig$']"), _policy("policy: {semver: {range: 1.x}}"))
    (found,), unknown = flux.watched(_streams(*texts), ["flux-system:gone"])
    assert found.lost == ("exclusionList: `filter.ignore` takes globs",)
    assert unknown == ("markers of flux-system:gone: no ImagePolicy of this repository tells its image",)


@pytest.mark.parametrize(
    ("line", "policies"),
    [
        (b"a: 1 # {$imagepolicy: x}", ()),
        (b'a: 1 # {"$imagepolicy": "x"}', ()),
        (b'a: 1 # {"$imagepolicy": "ns:web"}', ("ns:web",)),
        (b'a: 1 # {"$imagepolicy": "ns:web:tag"}\nb: 1 # { "$imagepolicy" : "ns:web:name" }\n', ("ns:web",)),
    ],
)
def test_markers_of_a_file(line: bytes, policies: tuple[str, ...]) -> None:
    assert flux.markers(line) == policies


def _application(annotations: Mapping[str, str], name: str = "web-dev") -> str:
    lines = "".join(f"    {PREFIX}/{key}: {value!r}\n" for key, value in annotations.items()) or "    a: b\n"
    head = f"apiVersion: argoproj.io/v1alpha1\nkind: Application\nmetadata:\n  name: {name}\n"
    return f"{head}  annotations:\n{lines}spec: {{}}\n"


def _all(found: Sequence[Watched]) -> list[tuple[str, Mapping[str, object] | None, tuple[str, ...]]]:
    return [(str(each.repository), None if each.policy is None else said(each.policy), each.lost) for each in found]


WEB = "ghcr.io/acme/web"


@pytest.mark.parametrize("annotations", [{}, {"image-list": ""}, {"web.update-strategy": "semver"}])
def test_the_updater_watches_nothing(annotations: Mapping[str, str]) -> None:
    assert updater.watched(_streams(_application(annotations))) == ((), ())


@pytest.mark.parametrize(
    ("annotations", "comes_to", "lost"),
    [
        ({"image-list": WEB}, {"semver": "*"}, ()),
        ({"image-list": f"web={WEB}:~1.2"}, {"semver": "~1.2"}, ()),
        ({"image-list": f"web={WEB}", "web.update-strategy": "latest"}, {"order": "created"}, ()),
        ({"image-list": f"web={WEB}", "update-strategy": "newest-build"}, {"order": "created"}, ()),
        ({"image-list": f"web={WEB}", "web.update-strategy": "name"}, {"order": "alphabetical"}, ()),
        ({"image-list": f"web={WEB}:stable", "web.update-strategy": "digest"}, {"order": {"digest": "stable"}}, ()),
        ({"image-list": f"web={WEB}", "web.update-strategy": "digest"}, {"order": {"digest": "latest"}}, ()),
        (
            {"image-list": f"w={WEB}", "w.allow-tags": "regexp:^v", "w.ignore-tags": "*-rc, nightly"},
            {"semver": "*", "filter": {"match": "^v", "ignore": ("*-rc", "nightly")}},
            (),
        ),
        ({"image-list": f"w={WEB}", "w.allow-tags": "any"}, {"semver": "*"}, ()),
        ({"image-list": f"w={WEB}", "w.allow-tags": "v1"}, {"semver": "*"}, ("allow-tags v1",)),
        (
            {"image-list": f"w={WEB}", "w.platforms": "linux/amd64,linux/arm64"},
            {"semver": "*", "platforms": ("linux/amd64", "linux/arm64")},
            (),
        ),
        (
            {"image-list": f"w={WEB}", "w.force-update": "true", "w.pull-secret": "secret:ns/it#key"},
            {"semver": "*"},
            ("force-update", "pull-secret: see `registries`"),
        ),
        ({"image-list": f"w={WEB}", "w.update-strategy": "magic"}, None, ("update-strategy magic",)),
        (
            {"image-list": f"w={WEB}", "w.update-strategy": "digest", "w.ignore-tags": "a"},
            {"order": {"digest": "latest"}},
            ("allow-tags and ignore-tags, which say nothing of one tag that is followed",),
        ),
    ],
)
def test_annotations_and_what_they_come_to(
    annotations: Mapping[str, str], comes_to: Mapping[str, object] | None, lost: tuple[str, ...]
) -> None:
    found, odd = updater.watched(_streams(_application(annotations)))
    assert _all(found) == [(WEB, comes_to, lost)]
    assert odd == ()


def test_an_image_list_of_several_and_of_what_is_no_image() -> None:
    found, odd = updater.watched(_streams(_application({"image-list": f"a={WEB}:1.x, nginx:~1.27, UPPER, {{{{x}}}}"})))
    assert [str(each.repository) for each in found] == [WEB, "docker.io/library/nginx"]
    assert odd == (
        "Argo CD Application web-dev (0.yaml): UPPER is no image's name",
        "Argo CD Application web-dev (0.yaml): {{x}} is a template",
    )


UPDATER = """\
apiVersion: argocd-image-updater.argoproj.io/v1alpha1
kind: ImageUpdater
metadata: {name: all, namespace: argocd}
spec:
  commonUpdateSettings: {updateStrategy: newest-build, forceUpdate: true}
  applicationRefs:
    - namePattern: "web-*"
      commonUpdateSettings: {allowTags: 'regexp:^v'}
      images:
        - {alias: web, imageName: "ghcr.io/acme/web:1.x"}
        - alias: api
          imageName: ghcr.io/acme/api
          commonUpdateSettings: {updateStrategy: semver, ignoreTags: [a, b], platforms: [linux/arm64]}
"""


def test_an_image_updater_object_says_what_holds_for_all_once() -> None:
    found, odd = updater.watched(_streams(UPDATER))
    assert odd == ()
    filtered = {"match": "^v"}
    assert _all(found) == [
        (WEB, {"order": "created", "filter": filtered}, ("force-update",)),
        (
            "ghcr.io/acme/api",
            {"semver": "*", "filter": {**filtered, "ignore": ("a", "b")}, "platforms": ("linux/arm64",)},
            ("force-update",),
        ),
    ]


def _release(tag: str, policy: str) -> str:
    return _object("helm.toolkit.fluxcd.io/v2", "HelmRelease", "web", "").replace("spec: ", "spec:") + (
        f"  values:\n    image:\n      repository: {WEB}\n"
        f'      tag: {tag} # {{"$imagepolicy": "flux-system:{policy}:tag"}}\n'
    )


def test_what_flux_says_of_each_environment_is_taken_over(tmp_path: Path) -> None:
    files = {
        "apps/staging/web.yaml": _release("1.1.0-rc.1", "web-staging"),
        "apps/production/web.yaml": _release("1.0.0", "web-production"),
        "infra/images.yaml": "---\n".join(
            (
                _image(),
                _policy("policy: {semver: {range: '>=1-0'}}", "web-staging"),
                _policy("policy: {semver: {range: ^1}}, digestReflectionPolicy: Always", "web-production"),
                _policy("policy: {semver: {range: ^2}}", "web-unused"),
            )
        ),
    }
    text = settled(tmp_path, files).text
    config = load("promote.yaml", text.encode(), environ={})
    for name, policy, argument in (("staging", "web-staging", ">=1-0"), ("production", "web-production", "^1")):
        app = config.app_in(name, "web")
        assert app.imagepolicy == f"flux-system:{policy}"
        assert app.policy is not None
        assert app.policy.argument == argument
    assert "# not taken over: digestReflectionPolicy Always: `pin: both` writes digests" in text


def test_what_image_updater_says_of_each_application_is_taken_over(tmp_path: Path) -> None:
    def application(name: str, annotations: Mapping[str, str]) -> str:
        return _application(annotations, name).replace(
            "spec: {}\n",
            "spec:\n  source:\n    path: charts/web\n    helm:\n      parameters:\n"
            f"        - {{name: image.repository, value: {WEB}}}\n        - {{name: image.tag, value: '1.4.0'}}\n",
        )

    files = {
        "argocd/web-dev.yaml": application("web-dev", {"image-list": f"w={WEB}", "w.update-strategy": "latest"}),
        "argocd/web-prod.yaml": application("web-prod", {"image-list": f"w={WEB}:^1.4"}),
    }
    config = load("promote.yaml", settled(tmp_path, files).text.encode(), environ={})
    policies = {name: config.app_in(name, "web").policy for name in ("dev", "prod")}
    assert {name: policy and (policy.kind, policy.argument) for name, policy in policies.items()} == {
        "dev": ("created", ""),
        "prod": ("semver", "^1.4"),
    }


def test_a_place_that_a_marker_gives_to_another_image_is_left_out(tmp_path: Path) -> None:
    marked = deployment('ghcr.io/acme/other:1 # {"$imagepolicy": "flux-system:web"}')
    files = {
        "envs/dev/a.yaml": marked,
        "envs/dev/b.yaml": deployment("ghcr.io/acme/web:1"),
        "images.yaml": f"{_image()}---\n{_policy('policy: {semver: {range: 1.x}}')}",
    }
    text = settled(tmp_path, files).text
    config = load("promote.yaml", text.encode(), environ={})
    assert {name: app.imagepolicy for name, app in config.apps.items()} == {"web": "flux-system:web"}
    assert config.environments["dev"].excludes == ("envs/dev/a.yaml",)
    assert "# - envs/dev/a.yaml is left out: ghcr.io/acme/other belongs to two apps here, web and other" in text
