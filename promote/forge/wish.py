"""What of a wish is not so yet, by what a forge tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promote.forge.request import Ability, Proposal, PullRequest


def missing(wanted: Iterable[str], there: Iterable[str]) -> list[str]:
    """Which names of `wanted` are not there yet, each once; in upper or lower case they are the same."""
    known = {name.casefold() for name in there}
    return [name for name in dict.fromkeys(wanted) if name.casefold() not in known]


def same(text: str, other: str) -> bool:
    """Whether two bodies are one: forges change ends of lines, and drop space around."""
    return text.replace("\r\n", "\n").strip() == other.replace("\r\n", "\n").strip()


def unmet(proposal: Proposal, cannot: Mapping[Ability, str]) -> dict[Ability, str]:
    """What a forge `cannot` do, of what is wished for, and why."""
    return {ability: why for ability, why in cannot.items() if getattr(proposal, ability)}


def lack(lacks: dict[Ability, str], ability: Ability, why: str) -> None:
    """Notes why a part of a wish could not be granted, beside what stands there."""
    lacks[ability] = f"{lacks[ability]}; {why}" if ability in lacks else why


def merge_message(request: PullRequest, trailers: str, mark: str = "#") -> str:
    """A whole message for the commit that brings it in; `mark` is what the forge writes before its number."""
    return f"{request.title} ({mark}{request.number})\n\n{trailers}"


def _begun(text: str, limit: int) -> str:
    """So much of the text as servers count that keep UTF-16."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * limit].decode("utf-16-le", "ignore")


def short(line: str, limit: int) -> str:
    """The line where it fits into `limit` characters, else its beginning and a mark."""
    line = line.strip()
    return line if _begun(line, limit) == line else f"{_begun(line, limit - 1)}…"


def fitting(body: str, limit: int) -> str:
    """The body where it fits; else its beginning up to the end of a line, outside a comment, and that it was cut."""
    if _begun(body, limit) == body:
        return body
    note = f"\n\n(The rest is left out: the forge takes {limit} characters.)"
    begun = _begun(body, limit - len(note))
    begun = begun.rpartition("\n")[0] or begun
    if begun.rfind("<!--") > begun.rfind("-->"):
        begun = begun[: begun.rfind("<!--")]
    return begun.rstrip() + note


def differs(request: PullRequest, proposal: Proposal, *, title: int, body: int) -> bool:
    """Whether title, body or reviewers are not as it is wished yet; a title and a body have so many characters."""
    return (
        request.title != short(proposal.title, title)
        or not same(request.body, fitting(proposal.body, body))
        or bool(missing(proposal.reviewers, request.reviewers))
    )
