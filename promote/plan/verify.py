"""Is the chosen version there, is it the same image, and which digest has it: what registries say before a write."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from promote.estate.estate import Estate
from promote.image import Repository
from promote.outcome import Failure, Refusal
from promote.plan.choice import Choice, pinned
from promote.plan.intent import Rules
from promote.question import Absent, Answers, Asking, Facts, Known, Question, Unknown, Unreadable


@dataclass(frozen=True, slots=True)
class _Need:
    """What is asked of one image; `origin` is what the source calls it, where a registry mirrors another (5.4)."""

    repository: Repository
    facts: Sequence[Facts]
    origin: Facts | None = None


def _needs(estate: Estate, choice: Choice, rules: Rules) -> list[_Need]:
    out: list[_Need] = []
    sites = estate.places(choice.app)
    for repository in dict.fromkeys(site.repository for site in sites):
        given, origin = choice.cargo.digests.get(repository), choice.cargo.origins.get(repository)
        holds = any(pinned(estate, choice, site) for site in sites if site.repository == repository)
        unproven = repository in choice.cargo.unproven
        if not rules.verify_tag and not (holds and (given is None or unproven or choice.cargo.judged)):
            continue
        if origin is not None and rules.verify_tag:
            # The same tag must be the same image there, so the tag is asked for even where a digest is carried.
            fact = Facts(repository, choice.tag or given or "")
            out.append(_Need(repository, (fact,), Facts(origin, choice.tag or given or "")))
            continue
        references = [choice.tag] if choice.tag is not None else []
        if given is not None and not choice.cargo.judged:
            # A digest that was carried over decides alone; one that was asked for must be the tag's.
            references = [given] if holds and not (choice.explicit or unproven) else [*references, given]
        out.append(_Need(repository, [Facts(repository, reference) for reference in dict.fromkeys(references)]))
    return out


def verified(estate: Estate, choice: Choice, rules: Rules) -> Asking[dict[Repository, str] | Refusal | Failure]:
    """The digest of each image as far as it is needed, after the registry has said that the version is there."""
    needs = _needs(estate, choice, rules)
    digests = dict(choice.cargo.digests)
    questions = {fact for need in needs for fact in need.facts}
    questions |= {need.origin for need in needs if need.origin is not None and need.repository not in digests}
    answers: Answers = (yield frozenset[Question](questions)) if questions else {}
    for need in needs:
        for fact in need.facts:
            found = _found(estate, choice, need, fact, answers)
            if isinstance(found, Refusal) and found.code == "no-such-tag":
                return (yield from _hinted(found, fact))
            if not isinstance(found, str):
                return found
            digests[need.repository] = found
    return digests


def _found(estate: Estate, choice: Choice, need: _Need, fact: Facts, answers: Answers) -> str | Refusal | Failure:
    name, app = estate.environment.name, choice.app
    answer = answers[fact]
    if isinstance(answer, Unknown | Unreadable):
        code = answer.exit_code if isinstance(answer, Unknown) else 4
        return Failure(name, app, "registry", code, answer.why)
    image = fact.image
    if isinstance(answer, Absent):
        if need.origin is not None:
            there = f"{choice.source or 'its source'} runs it as {need.origin.image}: mirror it first"
            return Refusal(name, app, "not-mirrored", f"{image}: {answer.why}; {there}")
        # A registry's own sentence names it, as a rule.
        named = image.partition("/")[2] in answer.why
        return Refusal(name, app, "no-such-tag", answer.why if named else f"{image}: {answer.why}")
    if not isinstance(answer, Known):
        raise TypeError(f"an answer of the wrong kind: {answer!r}")
    wanted = choice.cargo.digests.get(need.repository)
    if need.origin is not None:
        return _same(estate, choice, need.origin, (image, answer.digest), wanted or answers[need.origin])
    if wanted is not None and answer.digest != wanted:
        moved = f"{image} is {answer.digest} now, not {wanted}"
        cure = "give the digest that the tag has, or the tag alone"
        if not choice.explicit:
            carried = f"`pin: both` on {app} carries the digest itself"
            cure = _moved(estate, choice) if choice.cargo.judged else carried
        return Refusal(name, app, "tag-moved", f"{moved}; {cure}")
    return answer.digest


def _hinted(refusal: Refusal, fact: Facts) -> Asking[Refusal]:
    """The refusal; with the tag that is there where somebody wrote one `v` too many, or too few."""
    tag = fact.reference
    bare = tag.removeprefix("v")
    if not bare[:1].isdigit() or ":" in tag:
        return refusal
    other = replace(fact, reference=bare if bare != tag else f"v{tag}")
    answer = (yield frozenset[Question]({other}))[other]
    there = f"; {other.reference} is there" if isinstance(answer, Known) else ""
    return replace(refusal, reason=f"{refusal.reason}{there}")


def _moved(estate: Estate, choice: Choice) -> str:
    """What to do where a tag is another image than the one that its policy has judged."""
    if estate.apps[choice.app].immutable_tags:
        return "its app says that tags never move, and this one has: run with --no-cache"
    return "it has moved since the policy looked at it: run again"


def _same(
    estate: Estate, choice: Choice, origin: Facts, mirrored: tuple[str, str], told: object
) -> str | Refusal | Failure:
    """The digest in the mirror, where it is that of the image that the source runs."""
    name, app = estate.environment.name, choice.app
    image, digest = mirrored
    if isinstance(told, Unknown | Unreadable):
        return Failure(name, app, "registry", told.exit_code if isinstance(told, Unknown) else 4, told.why)
    if isinstance(told, Absent):
        why = f"{origin.image}: {told.why}; nothing tells whether {image} is the same image"
        return Refusal(name, app, "not-mirrored", why)
    wanted = told.digest if isinstance(told, Known) else told
    if digest != wanted:
        why = f"{image} is {digest}, and {origin.image} is {wanted}: mirror it again, with all its platforms"
        return Refusal(name, app, "not-mirrored", why)
    return digest
