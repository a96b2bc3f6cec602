"""From a chosen version to a Draft: does it exist, is it no step back, may these sites be written, what is written.

The same for every intent; what an intent chooses and why is its own file's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promote.errors import RegistryError
from promote.estate.estate import Estate, shared
from promote.image import Repository, Version
from promote.outcome import Failure, Refusal, Skip
from promote.plan.choice import Choice, pinned
from promote.plan.draft import Decision, Draft, unfit
from promote.plan.holding import Held, held_back
from promote.plan.intent import Before, Rules
from promote.plan.order import Ordered, order
from promote.plan.override import added, override
from promote.plan.verify import verified
from promote.plan.write import Cannot, Written, write
from promote.question import Asking
from promote.sites.site import where
from promote.text.scalar import stands


def settle(
    estates: Mapping[str, Estate], environment: str, choice: Choice, rules: Rules, before: Before
) -> Asking[Decision]:
    """The draft that brings `choice` into `environment`, or why there is none."""
    estate = estates[environment]
    fault = unfit(estate, choice.app)
    if fault is not None:
        return fault
    # A digest that a policy has looked at need not be one that is written here.
    said = choice.tag if choice.cargo.judged else choice.version.short
    told = Skip(environment, choice.app, "already", f"{environment} already runs {choice.app} {said}")
    if _is_there(estate, choice):
        return told
    back = yield from held_back(
        estates, environment, choice.app, rules, sources=choice.heeds, is_rollback=choice.undone is not None
    )
    if not isinstance(back, Held):
        return back
    held = None if _may_be_there(estate, choice) else back.stops(choice.version, surely=True)
    if held is not None:
        return held
    refused = _shared(estates, estate, choice.app)
    fixed = estate.environment.override is None
    if refused is not None and fixed and not any(pinned(estate, choice, site) for site in estate.sites(choice.app)):
        return refused
    # Looked up even where the tag is the same: a mutable one may have another digest by now.
    found = yield from verified(estate, choice, rules)
    if not isinstance(found, dict):
        return found
    made = _written(estate, choice, found)
    if isinstance(made, Refusal):
        return made
    if all(each.stands for each in made):
        return told
    for digest in found.values() or (choice.version.digest,):
        held = back.stops(Version(choice.tag, digest))
        if held is not None:
            return held
    if refused is not None and fixed:
        return refused
    if refused is not None:
        overridden = override(estates, estate, choice.app, made)
        if isinstance(overridden, Refusal):
            return overridden
        made = overridden
    new = _brought(choice, made)
    draft = Draft(environment, choice.app, new, made, choice.reason, choice.source)
    if choice.undone is not None:
        return replace(draft, undone=choice.undone if choice.undone.reference else None)
    # Who chooses by a policy asks the registry in any case.
    dates = rules.verify_tag or choice.cargo.judged
    ordered = yield from order(estate, choice.app, choice.version, before, dates=dates)
    stop = _step_back(estate, choice, ordered, rules, before)
    if stop is not None:
        return stop
    if ordered.sign is None and ordered.asked and choice.on_unordered == "warn":
        present = estate.runs(choice.app)
        said = present.short if isinstance(present, Version) else present
        why = f"{environment}: nothing tells whether {choice.app} {choice.version.short} is newer than {said}"
        return replace(draft, warnings=(why,))
    return draft


def _brought(choice: Choice, made: tuple[Written, ...]) -> Version:
    """The choice with the digest that was written, where that is one: history and gates read it in the commit."""
    digests = {each.version.digest for each in made}
    return Version(choice.tag, digests.pop() or choice.version.digest) if len(digests) == 1 else choice.version


def _is_there(estate: Estate, choice: Choice) -> bool:
    """Whether every site names the tag and is to carry no digest: then no registry could change what is written."""
    sites = estate.sites(choice.app)
    return bool(choice.tag is not None and sites) and all(
        site.version == Version(choice.tag)
        and not pinned(estate, choice, site)
        and (site.tag is None or stands(site.tag, site.tag.value))
        for site in sites
    )


def _may_be_there(estate: Estate, choice: Choice) -> bool:
    """Whether the environment runs that tag, so that only the digests tell whether anything would be brought in."""
    running = estate.runs(choice.app)
    return isinstance(running, Version) and running.tag == choice.tag


def _shared(estates: Mapping[str, Estate], estate: Estate, app: str) -> Refusal | None:
    name = estate.environment.name
    found = shared(estates, name, app)
    if found is None:
        return None
    others = ", ".join(found.others)
    cure = f"set the tag in a file of {name} alone, or say `shared_with: [{others}]` or `override: FILE` under {name}"
    why = f"{where(found.sites[0].anchor)}: {others} runs this place too; {cure}"
    return Refusal(name, app, "shared-site", why)


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
) -> Skip | Refusal | Failure | None:
    """Why a version that ranks lower than what runs stays out (SEMANTICS 4.2, 4.3), or None where it does not.

    So does one of which it could not be learned (5.2).
    """
    name, app = estate.environment.name, choice.app
    if ordered.failure is not None and not rules.allow_downgrade:
        code = "registry" if ordered.failure.exit_code == RegistryError.exit_code else "history"
        return Failure(name, app, code, ordered.failure.exit_code, ordered.failure.why)
    if ordered.sign is None and ordered.asked and choice.on_unordered == "stop":
        why = f"nothing tells that {app} {choice.version.short} is newer than what {name} runs"
        return Refusal(name, app, "downgrade", why)
    if ordered.sign is None or ordered.sign >= 0 or ordered.versus is None:
        return None
    told = f"{name} runs {app} {ordered.versus.short}, and {choice.version.short} is older ({ordered.how})"
    if before.moved(estate, app):
        return Skip(name, app, "overtaken", f"{told}: somebody else brought it in meanwhile")
    if rules.allow_downgrade:
        return None
    return Refusal(name, app, "downgrade", f"{told}; --allow-downgrade writes it all the same")
