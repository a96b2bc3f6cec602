"""Tags that may mean another image by now: by what the registry says of a pinned one, and else by their looks."""

from __future__ import annotations

from promote.estate.estate import Estate
from promote.image import Repository, Version
from promote.question import Absent, Asking, Facts, Known, Unknown, Unreadable


def looks_mutable(tag: str) -> bool:
    """Whether it is named like one that moves: `latest` and its variants, and what has no number, such as a branch."""
    return not any(char.isdigit() for char in tag) or tag.lower().startswith("latest")


def moved(estate: Estate, app: str) -> Asking[str | Unknown]:
    """Why the app's tag is, or may be, another image than the one that was meant; empty where nothing says so.

    Not asked of tags that a policy follows, since they are meant to move, and of those that promote.yaml calls
    immutable.
    """
    its = estate.apps[app]
    if its.immutable_tags or (its.policy is not None and its.policy.kind == "digest"):
        return ""
    said = {site.repository: site.version for site in estate.sites(app) if site.version.tag}
    pinned = {image: version for image, version in said.items() if version.digest}
    loose = sorted({version.tag for image, version in said.items() if image not in pinned and version.tag})
    named = [tag for tag in loose if looks_mutable(tag)]
    if named:
        return f"{named[0]} is a tag that may move, and no digest is pinned"
    if not pinned:
        return ""
    questions = {image: Facts(image, version.tag or "") for image, version in pinned.items()}
    answers = yield frozenset(questions.values())
    told = [_told(image, pinned[image], answers[questions[image]]) for image in sorted(pinned, key=str)]
    return next((each for each in told if each), "")


def _told(image: Repository, pinned: Version, answer: object) -> str | Unknown:
    name = f"{image}:{pinned.tag}"
    match answer:
        case Known(digest=digest) if digest != pinned.digest:
            return f"{name} is {Version(None, digest).short} in the registry now, and {pinned.short} is pinned"
        case Absent(why=why) | Unreadable(why=why):
            return f"{name}, which is pinned, cannot be had any more: {why}"
        case Unknown():
            return answer
    return ""
