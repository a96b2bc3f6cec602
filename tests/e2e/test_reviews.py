"""Who has reviewed a pull request, and who is in the teams that may: asked as a gate asks, of a fake forge."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from promote.api import Where, open_session
from promote.clock import SystemClock
from promote.forge.kinds import TOKEN
from promote.place import Place
from promote.question import Reviewed, Reviews, Unknown
from tests.e2e.conftest import Create
from tests.servers.forge.gitlab import GitLab
from tests.servers.forge.state import Said, State

HEAD = "promote/env/prod"


def test_members_of_teams_are_told_once_somebody_has_reviewed(
    create: Create, environ: Mapping[str, str], tmp_path: Path
) -> None:
    repository = create({"envs/prod/a.yaml": b"a: 1\n"})
    repository.git("branch", HEAD, "main")
    repository.commit({"envs/prod/a.yaml": b"a: 2\n"}, branch=HEAD)
    with GitLab(State(repository.folder), "gitlab") as fake:
        config = (
            "version: 1\napps: {}\nenvironments: {prod: {path: envs/prod, deliver: pull-request}}\n"
            f"forge: {{kind: gitlab, url: {fake.project.url}, project: {fake.project.path}}}\n"
        )
        repository.commit({"promote.yaml": config.encode()})
        pull = fake.state.open(HEAD, "main", "t", "b")

        def asked(*teams: str) -> object:
            where = Where(tmp_path, repository.url)
            told = {**environ, TOKEN: fake.token}
            with open_session(where, environ=told, clock=SystemClock()) as session:
                question = Reviews(Place(repository.url, "main"), HEAD, "prod", teams)
                return session.ask(frozenset({question}))[question]

        said = asked("sre")
        assert isinstance(said, Reviewed)
        assert (said.reviews, said.members, fake.calls("GET", "/groups/")) == ((), (), [])
        pull.reviews.append(Said("alice", approves=True, commit=""))
        said = asked("sre")
        assert isinstance(said, Reviewed)
        assert [each.by for each in said.reviews] == ["alice"]
        assert said.members == (("sre", frozenset({"alice", "carol"})),)
        # A team that is not there is a fact that cannot be had, and never nobody.
        missing = asked("nobodys")
        assert isinstance(missing, Unknown)
        assert missing.why.startswith(f"{fake.project.url}/api/v4/groups/nobodys/members/all")
        assert missing.exit_code == 6
