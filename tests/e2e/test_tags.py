"""`promote tags` as it is read: by people in a terminal and in a log, and by programs."""

from __future__ import annotations

import pytest

from tests.e2e.gitops import Gitops
from tests.e2e.program import Inside
from tests.servers.registry import RunningRegistry


@pytest.mark.parametrize("words", [(), ("--policy", "numeric")])
def test_a_word_without_a_slash_is_no_image_of_docker_hub(inside: Inside, words: tuple[str, ...]) -> None:
    """Without a promote.yaml `web` was looked up as docker.io/library/web."""
    done = inside("tags", "web", *words)
    assert (done.code, done.stdout) == (2, "")
    assert done.messages == [
        "promote: 'web' could only be an app, and there is no promote.yaml here that has one; name a clone by -C, "
        "a repository by --repo, or an image with its registry: docker.io/library/web"
    ]


def test_an_app_that_there_is_not_is_told_with_those_there_are(repository: Gitops, inside: Inside) -> None:
    done = inside("tags", "wep", "--repo", repository.url)
    assert (done.code, done.messages) == (2, ["promote: there is no app 'wep'; did you mean `web`?"])


def test_json_has_the_app_and_its_images_apart(
    repository: Gitops, registry: RunningRegistry, inside: Inside
) -> None:
    image, at = f"{registry.host}/acme/web", ("--repo", repository.url, "-o", "json")
    by_name = inside.ok("tags", "web", *at).document
    assert (by_name["app"], by_name["image"], by_name["images"]) == ("web", image, [image])
    # An image of an app has its policy.
    assert inside.ok("tags", image, *at).document == by_name
    alone = inside.ok("tags", image, "--policy", "semver:^1.4", "-o", "json").document
    assert alone == by_name | {"app": None}


def test_json_names_all_images_of_an_app(repository: Gitops, registry: RunningRegistry, inside: Inside) -> None:
    images = [f"{registry.host}/acme/web", f"{registry.host}/acme/api"]
    text = repository.tree()["promote.yaml"].decode().replace(f"image: {images[1]}", "image: x")
    several = text.replace(f"image: {images[0]}", f"images: [{', '.join(images)}]")
    repository.commit({"promote.yaml": several.encode()})
    found = inside.ok("tags", "web", "--repo", repository.url, "-o", "json").document
    assert (found["app"], found["image"], found["images"]) == ("web", images[0], images)


@pytest.mark.parametrize(
    ("columns", "folded"), [("", False), ("0", False), ("wide", False), ("-5", False), ("30", True), ("200", False)]
)
def test_columns_is_heeded_without_a_terminal(
    repository: Gitops, inside: Inside, columns: str, *, folded: bool
) -> None:
    at = ("tags", "web", "--repo", repository.url)
    plain = inside.ok(*at).stdout
    assert max(map(len, plain.splitlines())) > 30
    shown = inside.ok(*at, env={"COLUMNS": columns}).stdout
    assert (shown != plain) == folded
    if folded:
        assert max(map(len, shown.splitlines())) <= 30
