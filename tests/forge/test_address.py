"""From a remote's URL to a project at a forge."""

from __future__ import annotations

import pytest

from promote.errors import UsageError
from promote.forge.address import Kind, Project, project_of

SHA = "acme/gitops"


@pytest.mark.parametrize(
    "url",
    [
        "https://git.example.com/acme/gitops.git",
        "ssh://git@git.example.com:2222/acme/gitops.git",
        "file:///srv/git/gitops.git",
        "https://notgithub.example",
        "https://github.com/acme",
        "https://github.com/acme/gitops/tree",
        "https://github.com//gitops",
        "https://github.com:port/acme/gitops",
        "https://dev.azure.com/acme/shop/gitops",
        "git@ssh.dev.azure.com:v2/acme/shop/gitops",
        "https://bitbucket.example.com/projects/OPS/repos/gitops",
        "",
    ],
)
def test_what_cannot_be_told(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        project_of(url)
    assert "forge: {kind: …" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "kind", "base", "path"),
    [
        ("https://github.com/acme/gitops.git", "github", "https://github.com", SHA),
        ("https://github.com/acme/gitops/", "github", "https://github.com", SHA),
        ("git@github.com:acme/gitops.git", "github", "https://github.com", SHA),
        ("ssh://git@ssh.github.com:443/acme/gitops.git", "github", "https://github.com", SHA),
        ("https://github.example.com/acme/gitops", "github", "https://github.example.com", SHA),
        ("https://acme.ghe.com/acme/gitops", "github", "https://acme.ghe.com", SHA),
        ("ssh://git@github.example.com:2222/acme/gitops", "github", "https://github.example.com", SHA),
        ("https://gitlab.com/a/b/c/gitops.git", "gitlab", "https://gitlab.com", "a/b/c/gitops"),
        ("git@gitlab.example.com:a/b/gitops.git", "gitlab", "https://gitlab.example.com", "a/b/gitops"),
        ("https://gitlab.example.com:8443/a/gitops.git", "gitlab", "https://gitlab.example.com:8443", "a/gitops"),
        ("http://gitea.local:3000/acme/gitops.git", "gitea", "http://gitea.local:3000", SHA),
        ("https://codeberg.org/acme/gitops.git", "forgejo", "https://codeberg.org", SHA),
        ("https://forgejo.example.com/acme/gitops", "forgejo", "https://forgejo.example.com", SHA),
        ("https://bitbucket.org/acme/gitops.git", "bitbucket", "https://bitbucket.org", SHA),
        ("git@bitbucket.org:acme/gitops.git", "bitbucket", "https://bitbucket.org", SHA),
        (
            "https://bitbucket.example.com/scm/ops/gitops.git",
            "bitbucket-dc",
            "https://bitbucket.example.com",
            "ops/gitops",
        ),
        ("https://stash.example.com/ctx/scm/~ann/x.git", "bitbucket-dc", "https://stash.example.com/ctx", "~ann/x"),
        (
            "ssh://git@bitbucket.example.com:7999/ops/gitops.git",
            "bitbucket-dc",
            "https://bitbucket.example.com",
            "ops/gitops",
        ),
        ("https://dev.azure.com/acme/shop/_git/gitops", "azure", "https://dev.azure.com", "acme/shop/gitops"),
        ("https://acme@dev.azure.com/acme/my%20shop/_git/x", "azure", "https://dev.azure.com", "acme/my shop/x"),
        ("https://dev.azure.com/acme/_git/gitops", "azure", "https://dev.azure.com", "acme/gitops/gitops"),
        ("git@ssh.dev.azure.com:v3/acme/shop/gitops", "azure", "https://dev.azure.com", "acme/shop/gitops"),
        ("https://acme.visualstudio.com/shop/_git/x", "azure", "https://dev.azure.com", "acme/shop/x"),
        (
            "https://acme.visualstudio.com/DefaultCollection/shop/_git/x",
            "azure",
            "https://dev.azure.com",
            "acme/shop/x",
        ),
        ("acme@vs-ssh.visualstudio.com:v3/acme/shop/x", "azure", "https://dev.azure.com", "acme/shop/x"),
    ],
)
def test_what_the_url_tells(url: str, kind: Kind, base: str, path: str) -> None:
    assert project_of(url) == Project(kind, base, path)


@pytest.mark.parametrize(
    ("remote", "kind", "url", "project", "expected"),
    [
        ("https://git.example.com/acme/x.git", "gitea", None, None, ("gitea", "https://git.example.com", "acme/x")),
        (
            "https://git.example.com/forge/a/b/x.git",
            "gitlab",
            "https://git.example.com/forge/",
            None,
            ("gitlab", "https://git.example.com/forge", "a/b/x"),
        ),
        (
            "ssh://git@git.example.com:2222/acme/x.git",
            "forgejo",
            "https://code.example.com:8443",
            None,
            ("forgejo", "https://code.example.com:8443", "acme/x"),
        ),
        ("file:///srv/x.git", "github", "https://ghe.corp", "acme/x", ("github", "https://ghe.corp", "acme/x")),
        (
            "https://tfs.corp/tfs/Main/shop/_git/x",
            "azure",
            "https://tfs.corp/tfs",
            "Main/shop/x",
            ("azure", "https://tfs.corp/tfs", "Main/shop/x"),
        ),
        (
            "https://git.example.com/acme/x.git",
            None,
            "https://gitlab.example.com",
            None,
            ("gitlab", "https://gitlab.example.com", "acme/x"),
        ),
        ("https://github.com/acme/x", None, None, "other/y", ("github", "https://github.com", "other/y")),
    ],
)
def test_what_is_said_stands_above_it(
    remote: str, kind: Kind | None, url: str | None, project: str | None, expected: tuple[Kind, str, str]
) -> None:
    assert project_of(remote, kind=kind, url=url, project=project) == Project(*expected)


@pytest.mark.parametrize(
    ("project", "page"),
    [
        (Project("github", "https://github.com", SHA), "https://github.com/acme/gitops"),
        (Project("azure", "https://dev.azure.com", "acme/my shop/x"), "https://dev.azure.com/acme/my%20shop/_git/x"),
        (Project("bitbucket-dc", "https://b.example", "OPS/x"), "https://b.example/projects/OPS/repos/x"),
        (Project("bitbucket-dc", "https://b.example", "~ann/x"), "https://b.example/users/ann/repos/x"),
    ],
)
def test_its_page(project: Project, page: str) -> None:
    assert project.page == page


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://github.com/acme/gitops.git", "https://github.com/acme/gitops/commit/abc"),
        ("git@gitlab.com:acme/a/gitops.git", "https://gitlab.com/acme/a/gitops/-/commit/abc"),
        ("https://codeberg.org/acme/gitops", "https://codeberg.org/acme/gitops/commit/abc"),
        ("https://gitea.com/acme/gitops", "https://gitea.com/acme/gitops/commit/abc"),
        ("https://bitbucket.org/acme/gitops", "https://bitbucket.org/acme/gitops/commits/abc"),
        (
            "https://bitbucket.example.com/scm/ac/gitops.git",
            "https://bitbucket.example.com/projects/ac/repos/gitops/commits/abc",
        ),
        ("https://dev.azure.com/acme/p/_git/gitops", "https://dev.azure.com/acme/p/_git/gitops/commit/abc"),
    ],
)
def test_the_page_of_a_commit(remote: str, page: str) -> None:
    assert project_of(remote).commit("abc") == page
