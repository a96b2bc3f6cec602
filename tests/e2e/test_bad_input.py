"""Bad words, configuration and files: one clear message each, its exit code, nothing written, no secret told."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from tests.e2e.bad_cases import CONFIG, FILES, PASSWORD, SET_WEB, USAGE, WEB_FILE, Case
from tests.e2e.conftest import Create
from tests.e2e.gitops import (
    API,
    NEW_API,
    NEW_WEB,
    OLD_API,
    OLD_WEB,
    Gitops,
    config,
    digest_of,
    exactly,
    files,
    web_line,
    working_files,
)
from tests.e2e.program import Inside, Result
from tests.servers.registry import RunningRegistry


@pytest.fixture
def content(registry: RunningRegistry) -> Callable[[Case], dict[str, bytes | str]]:
    def make(case: Case) -> dict[str, bytes | str]:
        host = registry.host
        text = (config(host) if case.config is None else case.config.format(host=host)) + case.more.format(host=host)
        made: dict[str, bytes | str] = {**files(host, digest=digest_of(API[OLD_API])), "promote.yaml": text.encode()}
        more = {
            name: data.replace(b"{host}", host.encode()) if isinstance(data, bytes) else data
            for name, data in case.content.items()
        }
        kept = {name: data for name, data in made.items() if not name.startswith(case.without or ("\0",))}
        return kept | more

    return make


def _check(result: Result, case: Case, url: str) -> None:
    assert result.code == case.code, result
    assert len(result.messages) == case.messages, result.stderr
    for pattern in case.says:
        assert re.search(pattern.replace("{url}", re.escape(url)), result.stderr), (pattern, result.stderr)
    assert PASSWORD not in result.output
    assert "\x1b" not in result.output


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in (*USAGE, *CONFIG, *FILES)])
def test_one_message_its_exit_code_and_nothing_written(
    case: Case, content: Callable[[Case], dict[str, bytes | str]], create: Create, inside: Inside
) -> None:
    gitops = create(content(case))
    refs = gitops.refs()
    _check(inside(*case.words, "--repo", gitops.url), case, gitops.url)
    told = inside(*case.words, "-v", "--repo", gitops.url)
    assert told.code == case.code
    assert PASSWORD not in told.output
    assert gitops.refs() == refs


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in FILES])
def test_working_files_are_refused_in_the_same_way(
    case: Case, content: Callable[[Case], dict[str, bytes | str]], create: Create, inside: Inside
) -> None:
    gitops = create(content(case))
    clone = gitops.clone()
    before = working_files(clone)
    _check(inside(*case.words, "--write-only", cwd=clone), case, gitops.url)
    assert working_files(clone) == before


def test_find_and_check_name_a_file_that_cannot_be_read(
    create: Create, inside: Inside, content: Callable[[Case], dict[str, bytes | str]]
) -> None:
    case = next(case for case in FILES if case.name == "nested-deep")
    gitops = create(content(case))
    assert inside("find", "--repo", gitops.url).code == 0
    checked = inside("check", "--repo", gitops.url)
    assert checked.code == 3
    assert WEB_FILE in checked.stdout


@pytest.mark.parametrize(
    "broken",
    [b"# \xff\nother: ghcr.io/acme/other:1\n", b"a: [\n}{", b"[" * 100_000, b"\0\0", b""],
    ids=["not-utf8", "not-yaml", "nested-deep", "binary", "empty"],
)
def test_a_broken_file_that_names_no_app_is_passed_over(broken: bytes, repository: Gitops, inside: Inside) -> None:
    repository.commit({"envs/dev/broken.yaml": broken, "envs/dev/link.yaml": "/etc/passwd", "envs/dev/out": "../../.."})
    before = repository.tree()
    assert inside(*SET_WEB, "--repo", repository.url).code == 0
    exactly(before, repository.tree(), {WEB_FILE: [(web_line(OLD_WEB), web_line(NEW_WEB))]})


def test_another_app_in_a_file_that_is_refused_for_one_is_edited(repository: Gitops, inside: Inside) -> None:
    repository.commit({WEB_FILE: b"a: [\n}{ acme/web"})
    done = inside("update", "--repo", repository.url)
    assert done.code == 3
    assert len(repository.commits()) == 3
    assert f'"{NEW_API}"'.encode() in repository.tree()["envs/dev/api/values.yaml"]


def test_no_verify_tag_writes_what_no_registry_has(repository: Gitops, inside: Inside) -> None:
    before = repository.tree()
    assert inside("set", "dev", "web=1.9.9", "--no-verify-tag", "--repo", repository.url).code == 0
    exactly(before, repository.tree(), {WEB_FILE: [(web_line(OLD_WEB), web_line("1.9.9"))]})
