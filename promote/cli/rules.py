"""Options of the writing commands → what they decide beside the intent itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promote.api import Intent, Rules, Session


def _skippable(opened: Session, intent: Intent) -> Mapping[str, bool]:
    """The gates that stand before what is asked for, and whether each is locked (SEMANTICS 6.1, 6.7)."""
    from promote.api import Promote, Set, Update

    match intent:
        case Set(environment) | Promote(environment):
            names = [environment]
        case Update(environments):
            names = [*environments]
        case _:
            return {}
    if not opened.has_config:
        return {}
    found: dict[str, bool] = {}
    for name in names:
        its = opened.config.environment(name)
        if isinstance(intent, Set) and its.sources:
            found["from"] = False
        for gate in its.gates:
            found[gate.kind] = found.get(gate.kind, False) or gate.locked
    return found


def rules_of(opened: Session, intent: Intent, options: Mapping[str, Any]) -> Rules:
    """What the options decide; UsageError for a gate that is not there to be skipped, or must not be."""
    from promote.api import Rules
    from promote.errors import UsageError

    reason, names = options.get("reason"), options.get("skip_gates", ())
    if names and not reason:
        raise UsageError("--skip-gate needs --reason", cure="say why; it is recorded in the commit")
    if reason and "skip_gates" in options and not names:
        what = "--reason says why a gate is skipped, and no gate is skipped"
        raise UsageError(what, cure="add --skip-gate NAME, or leave it out: it would be recorded nowhere")
    known = _skippable(opened, intent) if names else {}
    for name in names:
        if name not in known:
            there = f"there are: {', '.join(sorted(known))}" if known else "leave --skip-gate out"
            raise UsageError(f"there is no gate {name[:60]!r} to skip here", cure=there)
        if known[name]:
            what = f"the gate {name!r} is locked: nobody skips it"
            raise UsageError(what, where=opened.config.file, cure="wait until it passes")
    return Rules(
        allow_downgrade=options.get("allow_downgrade", False),
        verify_tag=not options["no_verify_tag"],
        skipped_gates=tuple((name, reason or "") for name in names),
        group=opened.config.commit.group if opened.has_config else "environment",
        deliver="pull-request" if options["pull_request"] else "commit" if options["commit"] else None,
        most=options["max_changes"],
    )
