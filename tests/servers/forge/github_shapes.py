"""What GitHub answers with: people, repositories, pull requests and their like, as full as its description wants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from tests.servers.forge.state import Pull, Status

Json = dict[str, Any]
OWNER, NAME = "acme", "gitops"
REPOSITORY = f"{OWNER}/{NAME}"
TRIAL = "f" * 40  # the trial merge of an open pull request, which is on no branch

_LINKS = (
    *("archive", "assignees", "blobs", "branches", "collaborators", "comments", "commits", "compare", "contents"),
    *("contributors", "deployments", "downloads", "events", "forks", "git_commits", "git_refs", "git_tags", "hooks"),
    *("issue_comment", "issue_events", "issues", "keys", "labels", "languages", "merges", "milestones"),
    *("notifications", "pulls", "releases", "stargazers", "statuses", "subscribers", "subscription", "tags", "teams"),
    "trees",
)
_PERSON = (
    *("followers", "following", "gists", "starred", "subscriptions", "organizations", "repos", "events"),
    "received_events",
)


def moment(number: int) -> str:
    return f"2026-01-01T{number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}Z"


def user(site: str, login: str) -> Json:
    api = f"{site}/api/v3/users/{login}"
    return {
        "login": login,
        "id": sum(map(ord, login)),
        "node_id": f"U_{login}",
        "avatar_url": f"{site}/avatars/{login}",
        "gravatar_id": "",
        "url": api,
        "html_url": f"{site}/{login}",
        "type": "User",
        "site_admin": False,
        **{f"{name}_url": f"{api}/{name}" for name in _PERSON},
    }


def repository(site: str, full_name: str = REPOSITORY, number: int = 1) -> Json:
    """A repository, as full as where it alone is asked for."""
    api = f"{site}/api/v3/repos/{full_name}"
    page = f"{site}/{full_name}"
    counts = ("forks", "open_issues", "watchers", "stargazers_count", "watchers_count", "forks_count", "network_count")
    has = ("issues", "projects", "wiki", "pages", "downloads", "discussions")
    owner, _, name = full_name.partition("/")
    return {
        "id": number,
        "node_id": f"R_{number}",
        "name": name,
        "full_name": full_name,
        "owner": user(site, owner),
        "private": True,
        "html_url": page,
        "description": None,
        "fork": number != 1,
        "url": api,
        "git_url": f"{page}.git",
        "ssh_url": f"{page}.git",
        "clone_url": f"{page}.git",
        "svn_url": page,
        "mirror_url": None,
        "homepage": None,
        "language": None,
        "size": 1,
        "default_branch": "main",
        "archived": False,
        "disabled": False,
        "pushed_at": moment(0),
        "created_at": moment(0),
        "updated_at": moment(0),
        "license": None,
        "open_issues_count": 0,
        "subscribers_count": 0,
        **{f"{each}_url": f"{api}/{each}" for each in _LINKS},
        **dict.fromkeys(counts, 0),
        **{f"has_{each}": True for each in has},
    }


def team(site: str, slug: str) -> Json:
    api = f"{site}/api/v3/teams/{slug}"
    return {
        "id": 1,
        "node_id": f"T_{slug}",
        "url": api,
        "members_url": f"{api}/members",
        "name": slug.upper(),
        "description": None,
        "permission": "push",
        "html_url": f"{site}/orgs/{OWNER}/teams/{slug}",
        "repositories_url": f"{api}/repos",
        "slug": slug,
        "type": "organization",
        "parent": None,
    }


def label(site: str, name: str) -> Json:
    return {
        "id": 1,
        "node_id": f"L_{name}",
        "url": f"{site}/api/v3/repos/{REPOSITORY}/labels/{name}",
        "name": name,
        "description": "",
        "color": "ededed",
        "default": False,
    }


def milestone(site: str, number: int, title: str) -> Json:
    api = f"{site}/api/v3/repos/{REPOSITORY}/milestones/{number}"
    return {
        "url": api,
        "html_url": f"{site}/{REPOSITORY}/milestone/{number}",
        "labels_url": f"{api}/labels",
        "id": number,
        "node_id": f"MI_{number}",
        "number": number,
        "state": "open",
        "title": title,
        "description": None,
        "creator": user(site, "alice"),
        "open_issues": 0,
        "closed_issues": 0,
        "created_at": moment(0),
        "updated_at": moment(0),
        "closed_at": None,
        "due_on": None,
    }


def _end(site: str, branch: str, sha: str, repo: Json) -> Json:
    owner = repo["owner"]["login"]
    return {"label": f"{owner}:{branch}", "ref": branch, "sha": sha, "user": user(site, owner), "repo": repo}


def pull(
    site: str,
    pull: Pull,
    *,
    head: str,
    base: str,
    milestones: Sequence[str],
    closed_at: str,
    head_repository: Json,
) -> Json:
    """A pull request as lists have it; `head` and `base` are commits."""
    api = f"{site}/api/v3/repos/{REPOSITORY}"
    page = f"{site}/{REPOSITORY}/pull/{pull.number}"
    mine = f"{api}/pulls/{pull.number}"
    issue = f"{api}/issues/{pull.number}"
    links = {
        "self": mine,
        "html": page,
        "issue": issue,
        "comments": f"{issue}/comments",
        "review_comments": f"{mine}/comments",
        "review_comment": f"{api}/pulls/comments{{/number}}",
        "commits": f"{mine}/commits",
        "statuses": f"{api}/statuses/{head}",
    }
    assignees = [user(site, each) for each in pull.assignees]
    armed = None
    if pull.armed is not None:
        armed = {
            "enabled_by": user(site, pull.author),
            "merge_method": pull.armed,
            "commit_title": pull.title,
            "commit_message": (pull.message or "").partition("\n\n")[2],
        }
    return {
        "url": mine,
        "id": 1000 + pull.number,
        "node_id": f"PR_{pull.number}",
        "html_url": page,
        "diff_url": f"{page}.diff",
        "patch_url": f"{page}.patch",
        "issue_url": issue,
        **{f"{each}_url": links[each] for each in ("comments", "review_comments", "review_comment", "commits")},
        "statuses_url": links["statuses"],
        "number": pull.number,
        "state": "open" if pull.state == "open" else "closed",
        "locked": False,
        "title": pull.title,
        "user": user(site, pull.author),
        "body": pull.body or None,
        "labels": [label(site, each) for each in pull.labels],
        "milestone": None
        if pull.milestone is None
        else milestone(site, 1 + milestones.index(pull.milestone), pull.milestone),
        "created_at": moment(pull.number),
        "updated_at": moment(pull.number),
        "closed_at": None if pull.state == "open" else closed_at,
        "merged_at": closed_at if pull.state == "merged" else None,
        "merge_commit_sha": pull.merged_as or TRIAL,
        "assignee": assignees[0] if assignees else None,
        "assignees": assignees,
        "requested_reviewers": [user(site, each) for each in pull.reviewers],
        "requested_teams": [team(site, each) for each in pull.teams],
        "head": _end(site, pull.head, head, head_repository),
        "base": _end(site, pull.base, base, repository(site)),
        "_links": {name: {"href": href} for name, href in links.items()},
        "author_association": "COLLABORATOR",
        "auto_merge": armed,
        "draft": pull.draft,
    }


def alone(site: str, listed: Json, *, mergeable: bool | None, status: str) -> Json:
    """A pull request as it is where it alone is asked for."""
    merged = listed["merged_at"] is not None
    counts = ("comments", "review_comments", "commits", "additions", "deletions", "changed_files")
    return {
        **listed,
        "merged": merged,
        "mergeable": mergeable,
        "mergeable_state": status,
        "merged_by": user(site, "alice") if merged else None,
        "maintainer_can_modify": False,
        **dict.fromkeys(counts, 1),
    }


def issue(site: str, listed: Json) -> Json:
    """The issue that a pull request also is."""
    kept = [
        "number",
        "state",
        "locked",
        "title",
        "user",
        "body",
        "labels",
        "milestone",
        "created_at",
        "updated_at",
        "closed_at",
        "assignee",
        "assignees",
        "html_url",
        "id",
        "node_id",
        "comments_url",
        "author_association",
    ]
    api = f"{site}/api/v3/repos/{REPOSITORY}"
    return {
        **{name: listed[name] for name in kept},
        "url": listed["issue_url"],
        "repository_url": api,
        "labels_url": f"{listed['issue_url']}/labels",
        "events_url": f"{listed['issue_url']}/events",
        "comments": 0,
    }


def status(site: str, commit: str, number: int, one: Status) -> Json:
    """A commit's status as the combined status has it."""
    return {
        "url": f"{site}/api/v3/repos/{REPOSITORY}/statuses/{commit}",
        "avatar_url": None,
        "id": number,
        "node_id": f"SC_{number}",
        "state": one.state,
        "description": one.description or None,
        "target_url": one.url or None,
        "context": one.context,
        "created_at": moment(number),
        "updated_at": moment(number),
    }


def run(site: str, commit: str, number: int, name: str, state: str, conclusion: str | None) -> Json:
    """A check run of a commit."""
    api = f"{site}/api/v3/repos/{REPOSITORY}/check-runs/{number}"
    output = {"title": None, "summary": None, "text": None, "annotations_count": 0, "annotations_url": f"{api}/a"}
    return {
        "id": number,
        "head_sha": commit,
        "node_id": f"CR_{number}",
        "external_id": "",
        "url": api,
        "html_url": f"{site}/{REPOSITORY}/runs/{number}",
        "details_url": f"{site}/{REPOSITORY}/runs/{number}",
        "status": state,
        "conclusion": conclusion,
        "started_at": moment(number),
        "completed_at": None if conclusion is None else moment(number),
        "output": output,
        "name": name,
        "check_suite": {"id": number},
        "app": None,
        "pull_requests": [],
    }
