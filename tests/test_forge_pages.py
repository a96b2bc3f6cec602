"""For each forge the page on pull requests has its token, a job of its CI, and what differs; and the jobs are jobs."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

import pytest
from ruamel.yaml import YAML

from promote.cli.main import cli
from promote.forge.address import KINDS, Kind, Project
from promote.forge.kinds import KNOWN, TOKEN, token_in
from tests.shared import ROOT

PAGE = ROOT / "docs" / "pull-requests.md"
SECTIONS: Mapping[Kind, str] = {
    "github": "GitHub",
    "gitlab": "GitLab",
    "gitea": "Gitea and Forgejo",
    "forgejo": "Gitea and Forgejo",
    "bitbucket": "Bitbucket Cloud",
    "bitbucket-dc": "Bitbucket Data Center",
    "azure": "Azure DevOps",
}
CRON = re.compile(r"(\S+ ){4}\S+\Z")
# Read by promote, beside the variables of the forges.
OURS = {TOKEN, "PROMOTE_REPO", "PROMOTE_GIT_TOKEN", "PROMOTE_GIT_USERNAME"}
# What GitHub lets a workflow's token have (docs.github.com, "Workflow syntax", `permissions`), as far as it matters.
PERMISSIONS = {"contents", "pull-requests", "statuses", "issues", "checks"}


def section(kind: Kind) -> str:
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))[SECTIONS[kind]]


def snippet(kind: Kind) -> str:
    blocks = re.findall(r"^```(?:yaml|groovy)\n(.*?)^```$", section(kind), re.MULTILINE | re.DOTALL)
    (found,) = (block for block in blocks if not block.startswith("version:"))  # which is promote.yaml
    return str(found)


def read(kind: Kind) -> Any:
    yaml = YAML(typ="safe", pure=True)  # YAML 1.2, where `on` is a word
    return yaml.load(snippet(kind))


# Each gives the scripts of the job, and the variables that it sets; a job that is none fails there.
def _actions(job: Any) -> tuple[list[str], Mapping[str, str]]:
    assert set(job) <= {"on", "permissions", "jobs"}
    assert all(CRON.match(each["cron"]) for each in job["on"]["schedule"])
    for name, level in job.get("permissions", {}).items():
        assert name in PERMISSIONS
        assert level in ("read", "write")
    (only,) = job["jobs"].values()
    assert set(only) <= {"runs-on", "container", "steps"}
    variables: dict[str, str] = {}
    scripts = []
    for step in only["steps"]:
        assert ("run" in step) != ("uses" in step)
        variables |= step.get("env", {})
        scripts += [step["run"]] if "run" in step else []
    return scripts, variables


def _gitlab(job: Any) -> tuple[list[str], Mapping[str, str]]:
    (only,) = job.values()
    assert set(only) == {"image", "rules", "variables", "script"}
    assert [list(rule) for rule in only["rules"]] == [["if"]]
    return only["script"], only["variables"]


def _azure(job: Any) -> tuple[list[str], Mapping[str, str]]:
    assert set(job) == {"trigger", "schedules", "pool", "steps"}
    for each in job["schedules"]:
        assert set(each) == {"cron", "branches", "always"}
        assert CRON.match(each["cron"])
        assert each["branches"]["include"]
    (step,) = job["steps"]
    return [step["script"]], step["env"]


def _bitbucket(job: Any) -> tuple[list[str], Mapping[str, str]]:
    assert set(job) == {"image", "pipelines"}
    ((only,),) = job["pipelines"]["custom"].values()
    assert set(only["step"]) == {"script"}
    return only["step"]["script"], {}


YAML_JOBS: Mapping[Kind, Callable[[Any], tuple[list[str], Mapping[str, str]]]] = {
    "github": _actions,
    "gitea": _actions,
    "forgejo": _actions,
    "gitlab": _gitlab,
    "azure": _azure,
    "bitbucket": _bitbucket,
}


def _jenkins(text: str) -> tuple[list[str], Mapping[str, str]]:
    bare = re.sub(r"'[^']*'", "''", text)
    depths = [bare[: at + 1].count("{") - bare[: at + 1].count("}") for at in range(len(bare))]
    assert min(depths) >= 0
    assert depths[-1] == 0
    variables = dict(re.findall(r"^ +([A-Z_]+) = (.+)$", text, re.MULTILINE))
    return re.findall(r"^ +sh '(.+)'$", text, re.MULTILINE), variables


def job(kind: Kind) -> tuple[list[str], Mapping[str, str]]:
    return _jenkins(snippet(kind)) if kind == "bitbucket-dc" else YAML_JOBS[kind](read(kind))


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_runs_commands_that_there_are(kind: Kind) -> None:
    scripts, _ = job(kind)
    assert all(isinstance(each, str) for each in scripts)
    whole = "\n".join(scripts)
    assert re.search(r"pipx? install gitops-promote", whole)
    commands = re.findall(r"(?:^|/|&& )promote ([a-z]+)", whole, re.MULTILINE)
    assert commands
    assert set(commands) <= set(cli.commands)


@pytest.mark.parametrize("kind", KINDS)
def test_a_job_has_a_token_that_is_found(kind: Kind) -> None:
    _, variables = job(kind)
    known = {name for name, _ in KNOWN[kind].variables}
    assert set(variables) <= known | OURS
    # What the job does not set is a variable of the project's, as a comment in it says.
    named = [*variables, *re.findall(r"# ([A-Z_]+) is a (?:secured|masked) variable", snippet(kind))]
    project = Project(kind, "https://git.example.com", "acme/ops/gitops")
    assert token_in(project, dict.fromkeys(named, "x"), is_home=True) is not None


@pytest.mark.parametrize("kind", KINDS)
def test_a_forges_section_has_its_token_with_the_least_rights_and_what_differs(kind: Kind) -> None:
    text = section(kind)
    assert "**Token.**" in text or "### The token" in text
    assert "**What differs**" in text or "### What differs" in text
    for name, _ in KNOWN[kind].variables:
        assert f"`{name}`" in text, name
    # The rights that a message asks for when one is denied.
    cure = import_module(f"promote.forge.{KNOWN[kind].module}").CURE
    rights = re.findall(r"[a-z]+(?:-[a-z]+)?: ?(?:read|write)\b|\b(?:write|read):[a-z]+", cure)
    rights += re.findall(r"\([^()]*&[^()]*\)|[Rr]ole Developer|scope api|Repository write", cure)
    assert rights
    flat = re.sub(r"[`*]", "", text).replace("“", '"')
    for right in rights:
        assert right in flat, right


def test_the_job_at_github_asks_for_the_rights_of_the_table_and_no_others() -> None:
    table = re.findall(r"^\| `([a-z-]+): (read|write)` \|", section("github"), re.MULTILINE)
    assert dict(table) == dict(read("github")["permissions"])


@pytest.mark.parametrize("kind", KINDS)
def test_a_section_speaks_of_what_its_forge_cannot_do_or_does_otherwise(kind: Kind) -> None:
    told = section(kind).lower()
    cannot = getattr(import_module(f"promote.forge.{KNOWN[kind].module}"), "_CANNOT", {})
    missing = [word for word in (*cannot, "draft", "reviewers", "auto-merge", "checks") if word not in told]
    assert missing in ([], ["checks"])  # most call them statuses
    assert "checks" not in missing or "statuses" in told
