"""At which forge the repository of an environment is."""

from __future__ import annotations

from msgspec import UNSET

from promote.config.model import Config, Environment
from promote.errors import UsageError
from promote.forge.address import Project, project_of


def project_at(config: Config, environment: Environment, repo: str) -> Project:
    """The project behind a remote, by what promote.yaml says of it; UsageError where neither tells."""
    said = environment.forge or config.forge
    if said is None:
        return project_of(repo)
    return project_of(
        repo,
        kind=None if said.kind is UNSET else said.kind,
        url=None if said.url is UNSET else said.url,
        project=None if said.project is UNSET else said.project,
    )


def committing(config: Config, environment: Environment, repo: str) -> Project:
    """The project whose forge makes commits in an environment's repository; UsageError where it makes none."""
    cure = f"write commit: {{via: git}} into {config.file}"
    try:
        project = project_at(config, environment, repo)
    except UsageError as exc:
        raise UsageError(f"`commit: {{via: api}}` needs a forge: {exc.what}", where=exc.where, cure=cure) from exc
    if project.kind != "github":
        what = f"`commit: {{via: api}}` works at GitHub only, and this is {project.kind}"
        raise UsageError(what, where=project.page, cure=cure)
    return project


def commit_page(config: Config, environment: str, repo: str, oid: str) -> str | None:
    """The page of one commit; None where no forge is known to have it."""
    try:
        return project_at(config, config.environment(environment), repo).commit(oid)
    except UsageError:
        return None
