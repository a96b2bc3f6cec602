"""An intent → which estates it looks at, and the plan on them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from promote.config.model import Config
from promote.estate.estate import Estate
from promote.outcome import Plan
from promote.plan.intent import (
    Auto,
    Before,
    Hold,
    Intent,
    Promote,
    Release,
    Rollback,
    Rules,
    Set,
    Update,
)
from promote.question import Asking


def _sources(config: Config, environments: Iterable[str]) -> Iterator[str]:
    """Where these environments take from, each once."""
    return iter(dict.fromkeys(source for name in environments for source in config.environment(name).sources))


def _asked(config: Config, intent: Intent) -> tuple[list[str], list[str], list[str], str | None]:
    """The environments that are written, the others to look at, the apps (none: all), and where apps are added."""
    match intent:
        case Set(environment, versions, add):
            apps = [app for app, _ in versions]
            return [environment], [*config.environment(environment).sources], apps, environment if add else None
        case Update(environments, named):
            return list(environments), [], list(named), None
        case Promote(environment, sources, named, add):
            return [environment], [*sources.names], list(named), environment if add else None
        case Auto(environments, named):
            return list(environments), [*_sources(config, environments)], list(named), None
        case Rollback(environment, named) | Hold(environment, named) | Release(environment, named):
            return [environment], [], list(named), None


def looked_at(
    config: Config, intent: Intent, rules: Rules
) -> tuple[Sequence[str], Sequence[str] | None, str | None]:
    """The environments and apps (None for all of them) to load, and the environment that apps are added to."""
    targets, sources, apps, gaining = _asked(config, intent)
    proposing = [name for name in targets if (rules.deliver or config.environment(name).deliver) == "pull-request"]
    beside: list[str] = []
    if any(config.environment(name).pull_request.group == "run" for name in proposing):
        # One pull request has them all, and is built anew as a whole.
        beside = [
            name
            for name, each in config.environments.items()
            if each.deliver == "pull-request" and each.pull_request.group == "run" and not each.is_template
        ]
    # What is proposed already is judged again too, and gates ask where it comes from.
    asked = _sources(config, [*proposing, *beside])
    names = [*dict.fromkeys([*targets, *sources, *beside, *asked])]
    # What is proposed beside these apps is built anew too, whatever it is.
    return names, None if proposing or not apps else apps, gaining


def planned(intent: Intent, rules: Rules, estates: Mapping[str, Estate], before: Before) -> Asking[Plan]:
    """What `intent` comes to on these estates; it asks for what it has to know."""
    match intent:
        case Set():
            from promote.plan.set import plan_set

            return plan_set(estates, intent, rules, before)
        case Update():
            from promote.plan.update import plan_update

            return plan_update(estates, intent, rules, before)
        case Promote():
            from promote.plan.promote import plan_promote

            return plan_promote(estates, intent, rules, before)
        case Auto():
            from promote.plan.auto import plan_auto

            return plan_auto(estates, intent, rules, before)
        case Rollback():
            from promote.plan.rollback import plan_rollback

            return plan_rollback(estates, intent, rules, before)
        case Hold() | Release():
            from promote.plan.hold import plan_hold

            return plan_hold(estates, intent, rules)
