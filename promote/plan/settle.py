"""From a chosen version to a Draft: does it exist, is it no step back, may these sites be written, what is written.

The same for every intent; what an intent chooses and why is its own file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from promote.estate.estate import Estate, shared
from promote.image import Repository, Version
from promote.outcome import Failure, Refusal, Skip
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.intent import Before, Rules
from promote.plan.order import Ordered, order
from promote.plan.override import added, override
from promote.plan.write import Cannot, Written, wants_digest, write
from promote.question import Absent, Answers, Asking, Facts, Known, Question, Unknown
from promote.sites.site import Site, where
from promote.text.scalar import stands


@dataclass(frozen=True, slots=True)
class Choice:
    """A version for one app of one environment, with the digest of each image where the choice brought one.

    `explicit` is a digest that was asked for by name: it is written, and must be the tag's. So must the digests of the
    images in `unproven`, which no site names beside the tag.
    """

    app: str
    tag: str | None
    reason: str
    digests: Mapping[Repository, str] = field(default_factory=dict)
    explicit: bool = False
    unproven: frozenset[Repository] = frozenset()
    source: str | None = None
    on_unordered: Literal["warn", "go"] = "go"

    @property
    def version(self) -> Version:
        return Version(self.tag, next(iter(self.digests.values())) if len(self.digests) == 1 else None)


def settle(
    estates: Mapping[str, Estate], environment: str, choice: Choice, rules: Rules, before: Before
) -> Asking[Decision]:
    """The draft that brings `choice` into `environment`, or why there is none."""
    estate = estates[environment]
    fault = unfit(estate, choice.app)
    if fault is not None:
        return fault
    told = Skip(environment, choice.app, "already", f"{environment} already runs {choice.app} {choice.version.short}")
    if _is_there(estate, choice):
        return told
    refused = _shared(estates, estate, choice.app)
    fixed = estate.environment.override is None
    if refused is not None and fixed and not any(_pinned(estate, choice, site) for site in estate.sites(choice.app)):
        return refused
    # Looked up even where the tag is the same: a mutable one may have another digest by now.
    found = yield from _verified(estate, choice, rules)
    if not isinstance(found, dict):
        return found
    made = _written(estate, choice, found)
    if isinstance(made, Refusal):
        return made
    if all(each.stands for each in made):
        return told
    if refused is not None and fixed:
        return refused
    if refused is not None:
        overridden = override(estates, estate, choice.app, made)
        if isinstance(overridden, Refusal):
            return overridden
        made = overridden
    ordered = yield from order(estate, choice.app, choice.version, dates=rules.verify_tag)
    stop = _step_back(estate, choice, ordered, rules, before)
    if stop is not None:
        return stop
    warnings: tuple[str, ...] = ()
    if ordered.sign is None and ordered.asked and choice.on_unordered == "warn":
        present = estate.runs(choice.app)
        said = present.short if isinstance(present, Version) else present
        warnings = (f"{environment}: nothing tells whether {choice.app} {choice.version.short} is newer than {said}",)
    new = _brought(choice, made)
    return Draft(environment, choice.app, new, made, choice.reason, choice.source, (), warnings)


def _brought(choice: Choice, made: tuple[Written, ...]) -> Version:
    """The choice with the digest that was written, where that is one: history and gates read it in the commit."""
    digests = {each.version.digest for each in made}
    return Version(choice.tag, digests.pop() or choice.version.digest) if len(digests) == 1 else choice.version


def _pinned(estate: Estate, choice: Choice, site: Site) -> bool:
    return wants_digest(site, estate.apps[choice.app].pin, explicit=choice.explicit)


def _is_there(estate: Estate, choice: Choice) -> bool:
    """Whether every site names the tag and is to carry no digest: then no registry could change what is written."""
    sites = estate.sites(choice.app)
    return bool(choice.tag is not None and sites) and all(
        site.version == Version(choice.tag)
        and not _pinned(estate, choice, site)
        and (site.tag is None or stands(site.tag, site.tag.value))
        for site in sites
    )


def _shared(estates: Mapping[str, Estate], estate: Estate, app: str) -> Refusal | None:
    name = estate.environment.name
    found = shared(estates, name, app)
    if found is None:
        return None
    others = ", ".join(found.others)
    cure = f"set the tag in a file of {name} alone, or say `shared_with: [{others}]` or `override: FILE` under {name}"
    why = f"{where(found.sites[0].anchor)}: {others} runs this place too; {cure}"
    return Refusal(name, app, "shared-site", why)


def _verified(
    estate: Estate, choice: Choice, rules: Rules
) -> Asking[dict[Repository, str] | Refusal | Failure]:
    """The digest of each image as far as it is needed, after the registry has said that the version is there."""
    name, app = estate.environment.name, choice.app
    needs: dict[Repository, list[Facts]] = {}
    sites = estate.places(app)
    for repository in dict.fromkeys(site.repository for site in sites):
        given = choice.digests.get(repository)
        pinned = any(_pinned(estate, choice, site) for site in sites if site.repository == repository)
        unproven = repository in choice.unproven
        if not rules.verify_tag and not (pinned and (given is None or unproven)):
            continue
        references = [choice.tag] if choice.tag is not None else []
        if given is not None:
            # A digest that was carried over decides alone; one that was asked for must be the tag's.
            references = [given] if pinned and not (choice.explicit or unproven) else [*references, given]
        needs[repository] = [Facts(repository, reference) for reference in dict.fromkeys(references)]
    questions = frozenset[Question](fact for facts in needs.values() for fact in facts)
    answers: Answers = (yield questions) if questions else {}
    digests = dict(choice.digests)
    for repository, facts in needs.items():
        for fact in facts:
            answer = answers[fact]
            if isinstance(answer, Unknown):
                return Failure(name, app, "registry", answer.exit_code, answer.why)
            if isinstance(answer, Absent):
                why = f"{_image(repository, fact.reference)}: {answer.why}"
                return Refusal(name, app, "no-such-tag", why)
            if not isinstance(answer, Known):
                raise TypeError(f"an answer of the wrong kind: {answer!r}")
            wanted = choice.digests.get(repository)
            if wanted is not None and answer.digest != wanted:
                moved = f"{_image(repository, fact.reference)} is {answer.digest} now, not {wanted}"
                cure = "give the digest that the tag has, or the tag alone"
                if not choice.explicit:
                    cure = f"`pin: both` on {app} carries the digest itself"
                return Refusal(name, app, "tag-moved", f"{moved}; {cure}")
            digests[repository] = answer.digest
    return digests


def _image(repository: Repository, reference: str) -> str:
    return f"{repository}{'@' if ':' in reference else ':'}{reference}"


def _written(estate: Estate, choice: Choice, digests: Mapping[Repository, str]) -> tuple[Written, ...] | Refusal:
    out: list[Written] = []
    pin = estate.apps[choice.app].pin
    for site in estate.places(choice.app):
        made = write(site, choice.tag, digests.get(site.repository), pin, explicit=choice.explicit)
        if isinstance(made, Cannot):
            return Refusal(estate.environment.name, choice.app, made.code, f"{where(site.anchor)}: {made.why}")
        out.append(made if estate.sites(choice.app) else added(made))
    return tuple(out)


def _step_back(
    estate: Estate, choice: Choice, ordered: Ordered, rules: Rules, before: Before
) -> Skip | Refusal | None:
    """Why a version that ranks lower than what runs stays out (SEMANTICS 4.2, 4.3), or None where it does not."""
    name, app = estate.environment.name, choice.app
    if ordered.sign is None or ordered.sign >= 0 or ordered.versus is None:
        return None
    told = f"{name} runs {app} {ordered.versus.short}, and {choice.version.short} is older ({ordered.how})"
    if before.moved(estate, app):
        return Skip(name, app, "overtaken", f"{told}: somebody else brought it in meanwhile")
    if rules.allow_downgrade:
        return None
    return Refusal(name, app, "downgrade", f"{told}; --allow-downgrade writes it all the same")
