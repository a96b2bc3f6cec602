"""What the branches of pull requests are called; some names are kept for holds and rollbacks (SEMANTICS 7.1, 8.2)."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import UNSET

from promote.config.request_settings import PullRequestSettings, RequestGroup
from promote.placeholder import fill

_BRANCHES: Mapping[RequestGroup, str] = {
    "environment": "promote/env/{environment}",
    "app": "promote/app/{environment}/{app}",
    "run": "promote/run",
}
_HOLD, _ROLLBACK = "promote/hold", "promote/rollback"
# As many segments as it takes to tell these from others.
_SEGMENTS = 2


def request_template(said: PullRequestSettings) -> str:
    """The branch as promote.yaml has it, with its placeholders."""
    return _BRANCHES[said.group] if said.branch is UNSET else said.branch


def branch_of(said: PullRequestSettings, environment: str, app: str) -> str:
    """The branch that a pull request comes from which has this app of this environment in it."""
    return fill(request_template(said), {"environment": environment, "app": app})


def hold_branch(environment: str) -> str:
    """The branch of the pull request that changes what an environment holds back."""
    return f"{_HOLD}/{environment}"


def rollback_branch(environment: str) -> str:
    """The branch of all that is rolled back in an environment: apart from all that goes forward (8.2).

    One for each app would conflict with the others in the file of holds, and be approved by itself.
    """
    return f"{_ROLLBACK}/{environment}"


def collide(one: str, other: str) -> bool:
    """Whether git could not keep both of two branches, since one would be a folder of the other; or they are one."""
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")


def is_kept(branch: str) -> bool:
    """Whether a branch is one of holds or of rollbacks, or would keep git from making these."""
    return collide(branch, _HOLD) or collide(branch, _ROLLBACK)


def tells_by_app(template: str) -> bool:
    """Whether it is the app's name that decides whether a branch is kept."""
    return "{app}" in "/".join(template.split("/", _SEGMENTS)[:_SEGMENTS])
