"""The file of what an environment holds back: whether it can be understood, and whether its apps are known."""

from __future__ import annotations

from collections.abc import Iterator

from promote.check.finding import Finding
from promote.errors import Refused
from promote.estate.estate import Estate
from promote.estate.holds import EVERY
from promote.tree import show


def holds(estate: Estate) -> Iterator[Finding]:
    """What there is to say of the holds of an environment; nothing where it has none."""
    name, its = estate.environment.name, estate.holds
    if its.fault is not None:
        cure = f"{its.fault.cure}: until then nothing is brought into {name}"
        yield Finding("error", name, "holds", its.fault.told, cure, exit_code=Refused.exit_code)
        return
    unknown = [hold for hold in its.items if hold.app != EVERY and hold.app not in estate.apps]
    for hold in unknown:
        subject = f"{name}/{hold.app}"
        what = f"{hold.where} holds back an app that nobody knows"
        yield Finding("warning", subject, "unknown-hold", what, "correct its name, or take the entry out")
    if its.items and not unknown:
        count = f"{len(its.items)} hold{'s' if len(its.items) > 1 else ''}"
        yield Finding("ok", name, "holds", f"{count} in {show(its.path)}")
