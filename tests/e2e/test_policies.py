"""Every policy against a real registry: what is brought in, and that a second run brings in nothing."""

from __future__ import annotations

import pytest

from tests.e2e.gitops import NEW_WEB, OLD_WEB, WEB, Gitops, digest_of, web_line
from tests.e2e.program import Inside


def choosing(repository: Gitops, policy: str) -> None:
    """Gives web this policy."""
    text = repository.tree()["promote.yaml"]
    old = b'policy: {semver: "^1.4"}'
    assert text.count(old) == 1
    repository.commit({"promote.yaml": text.replace(old, f"policy: {policy}".encode())})


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("{semver: '*', platforms: [linux/s390x]}", "no-candidate"),
        ("{semver: '*', min_age: 36500d}", "no-candidate"),
        ("{order: created, filter: {match: '^x'}}", "no-candidate"),
            ("{order: {digest: latest}, platforms: [linux/s390x]}", "no-candidate"),
        ("{order: {calver: YYYY.0M}}", "no-candidate"),
    ],
)
def test_where_nothing_passes_nothing_is_written(policy: str, why: str, repository: Gitops, inside: Inside) -> None:
    choosing(repository, policy)
    before = repository.refs()
    result = inside("update", "dev", "--app", "web", "--repo", repository.url, "-o", "json")
    assert result.code == 3
    assert [(each["app"], each["code"]) for each in result.document["skipped"]] == [("web", why)]
    assert repository.refs() == before


@pytest.mark.parametrize(
    ("policy", "tag"),
    [
        ("{semver: '^1.4', prereleases: true}", "1.6.0-rc.1"),
        ("{semver: '*', platforms: [linux/aarch64, linux/amd64]}", NEW_WEB),
        ("{semver: '^1.4', min_age: 1h}", NEW_WEB),
        ("{order: created, filter: {match: '^[12]', ignore: ['2.*']}}", "1.6.0-rc.1"),
        ("{order: created, platforms: [linux/arm64]}", NEW_WEB),
        ("{order: {calver: MAJOR.MINOR.MICRO}}", "2.0.0"),
        ("{order: {calver: MAJOR.MINOR.MICRO-MODIFIER}, filter: {allow: ['1.*']}, prereleases: true}", "1.6.0-rc.1"),
        ("{order: alphabetical, filter: {allow: ['1.*'], ignore: ['*-rc*']}}", NEW_WEB),
        ("{order: numeric, filter: {match: '^1[.]([0-9]+)[.]0$', extract: '{1}'}}", NEW_WEB),
    ],
)
def test_a_policy_brings_in_its_tag_once(policy: str, tag: str, repository: Gitops, inside: Inside) -> None:
    choosing(repository, policy)
    inside.ok("update", "dev", "--app", "web", "--repo", repository.url)
    assert web_line(tag) in repository.tree()["envs/dev/web/kustomization.yaml"]
    before = repository.refs()
    inside.ok("update", "dev", "--app", "web", "--repo", repository.url)
    assert repository.refs() == before


def test_a_tag_that_is_followed_brings_in_its_digest_once(repository: Gitops, inside: Inside) -> None:
    choosing(repository, "{order: {digest: latest}}")
    inside.ok("update", "dev", "--app", "web", "--repo", repository.url)
    written = repository.tree()["envs/dev/web/kustomization.yaml"]
    assert digest_of(WEB["latest"]).encode() in written
    before = repository.refs()
    inside.ok("update", "dev", "--app", "web", "--repo", repository.url)
    assert repository.refs() == before


def test_11_2_the_oldest_build_is_a_downgrade_only_by_its_own_order(repository: Gitops, inside: Inside) -> None:
    choosing(repository, "{order: created, direction: desc, filter: {match: '^1'}}")
    inside.ok("update", "dev", "--app", "web", "--repo", repository.url)
    assert web_line(OLD_WEB) in repository.tree()["envs/dev/web/kustomization.yaml"]
    refused = inside("set", "dev", f"web={NEW_WEB}", "--repo", repository.url, "-o", "json")
    assert refused.code == 3
    assert [each["code"] for each in refused.document["refused"]] == ["downgrade"]


@pytest.mark.parametrize("policy", ["created", "digest:latest", "semver:^1.4"])
def test_what_is_known_of_an_image_is_told(policy: str, repository: Gitops, inside: Inside) -> None:
    result = inside.ok("tags", "web", "--policy", policy, "--repo", repository.url, "-o", "json")
    known = {each["tag"]: (each["created"], each["digest"]) for each in result.document["considered"]}
    latest = digest_of(WEB["latest"])
    assert known["latest"] == {
        "created": ("2026-01-05T00:00:00+00:00", latest),
        "digest:latest": (None, latest),
        "semver:^1.4": (None, None),
    }[policy]


def test_an_image_is_asked_about_by_its_own_name(repository: Gitops, inside: Inside) -> None:
    """Of an app of several images the one that is named, and of a mirror its own tags, not the origin's."""
    text = repository.tree()["promote.yaml"].decode()
    host = text.partition("image: ")[2].partition("/")[0]
    several = text.replace(f"image: {host}/acme/web", f"images: [{host}/acme/web, {host}/acme/web-migrate]")
    mirrored = several.replace("from: test}", f'from: test, rewrite: {{"{host}/acme/": "{host}/elsewhere/"}}}}')
    repository.commit({"promote.yaml": mirrored.encode()})
    named = inside.ok("tags", f"{host}/acme/web", "--repo", repository.url, "-o", "json")
    assert (named.document["image"], named.document["selected"]) == (f"{host}/acme/web", NEW_WEB)
    # Neither the second image nor the mirror is there: they are asked, and say so.
    for image in (f"{host}/acme/web-migrate", f"{host}/elsewhere/web"):
        absent = inside("tags", image, "--repo", repository.url)
        assert absent.code == 4
        assert image.partition("/")[2] in absent.output
