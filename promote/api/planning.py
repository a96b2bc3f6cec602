"""An intent → which estates it looks at, and the plan on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from promote.config.model import Config
from promote.estate.estate import Estate
from promote.outcome import Plan
from promote.plan.intent import Before, Intent, Promote, Rollback, Rules, Set, Update
from promote.question import Asking


def looked_at(config: Config, intent: Intent) -> tuple[Sequence[str], Sequence[str] | None, str | None]:
    """The environments and apps (None for all of them) to load, and the environment that apps are added to."""
    match intent:
        case Set(environment, versions, add):
            source = config.environment(environment).from_
            names = [environment, *([source] if source else [])]
            return names, [app for app, _ in versions], environment if add else None
        case Update(environments, apps):
            return environments, apps or None, None
        case Promote(environment, source, apps, add):
            return [environment, source], apps or None, environment if add else None
        case Rollback(environment, apps):
            return [environment], apps or None, None


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
        case Rollback():
            from promote.plan.rollback import plan_rollback

            return plan_rollback(estates, intent, rules, before)
