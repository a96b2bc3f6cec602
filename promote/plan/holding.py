"""What keeps versions of an app out of an environment: its holds, and what pull requests propose to hold (8.2, 8.3)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from promote.config.request_branch import hold_branch, rollback_branch
from promote.errors import ForgeError
from promote.estate.estate import Estate
from promote.estate.holds import EVERY, Hold
from promote.image import Version
from promote.moment import show_moment
from promote.outcome import Failure, Refusal
from promote.plan.intent import Rules
from promote.question import Answers, Asking, Now, Proposed, Question, Request, Standing, Stands, Unknown


@dataclass(frozen=True, slots=True)
class Held:
    """What holds versions of `app` back: (environment, hold, what ends it).

    `passed` are sentences on what holds every version back, and does not count for a rollback.
    """

    environment: str
    app: str
    holds: tuple[tuple[str, Hold, str], ...] = ()
    passed: tuple[str, ...] = ()

    def stops(self, version: Version, *, surely: bool = False) -> Refusal | None:
        """Why this version is not brought in; with `surely` only if that holds whatever else is learned of it."""
        covering = [
            each for each in self.holds if (each[1].surely_covers(version) if surely else each[1].covers(version))
        ]
        if not covering:
            return None
        name, hold, _ = covering[0]
        more = f", and {len(covering) - 1} more" if len(covering) > 1 else ""
        cures = dict.fromkeys(cure for _, _, cure in covering)
        lets = "lets" if len(cures) == 1 else "together let"
        why = f"{name} holds {hold.subject} back: {hold.sentence}{more}; {together(cures)} {lets} it in"
        ends = [each.until for _, each, _ in covering if each.until is not None]
        until = show_moment(max(ends)) if len(ends) == len(covering) else None
        return Refusal(self.environment, self.app, "held", why, until=until, version=version)


def together(cures: Iterable[str]) -> str:
    """What ends several holds, each once, in words: all of these are needed."""
    *others, last = dict.fromkeys(cures)
    return f"{', '.join(others)} and {last}" if others else last


def unread(environment: str, app: str, why: Unknown) -> Failure:
    """That what stands on a promotion branch could not be learned."""
    if why.exit_code == ForgeError.exit_code:
        return Failure(environment, app, "forge", why.exit_code, why.why)
    return Failure(environment, app, "proposal", why.exit_code, why.why)


def edited(environment: str, app: str, head: str, request: Request | None) -> Refusal:
    """That somebody else has changed a promotion branch."""
    at = "" if request is None else f" ({request.url})"
    why = f"branch {head}{at} has commits that promote did not make, and they are left alone"
    cure = "merge or close its pull request and delete the branch, then run again"
    return Refusal(environment, app, "branch-edited", f"{why}: {cure}")


def held_back(
    estates: Mapping[str, Estate],
    environment: str,
    app: str,
    rules: Rules,
    *,
    sources: Sequence[str] = (),
    is_rollback: bool = False,
) -> Asking[Held | Refusal | Failure]:
    """What is held back of an app in an environment, and in those that it comes from (SEMANTICS 6.2).

    Refused, or failed, where that cannot be known. A rollback does not stand in its own way, and of what holds every
    version back nothing does: a freeze keeps what is bad from getting worse, and the way back is open.
    """
    names = [name for name in dict.fromkeys((environment, *sources)) if name in estates]
    found: list[tuple[str, Hold, str]] = []
    for name in names:
        estate = estates[name]
        if estate.holds.fault is not None:
            why = f"{estate.holds.fault.why}; until then nothing is brought into {name}, or carried on from it"
            return Refusal(environment, app, "holds-unreadable", why)
        heads = _heads(estate, rules, is_rollback=is_rollback and name == environment)
        questions = frozenset[Question](Stands(estate.place, head, name, False) for head in heads)
        if estate.holds.asks_for_the_time(app):
            questions |= {Now()}
        answers: Answers = (yield questions) if questions else {}
        unknown = next((each for each in answers.values() if isinstance(each, Unknown)), None)
        if unknown is not None:
            return unread(environment, app, unknown)
        now = _time(answers)
        found += [(name, hold, _cure(name, hold)) for hold in estate.holds.of(app, now)]
        proposed = [*_proposed(name, app, answers)]
        if now is None and any(hold.until is not None for _, hold, _ in proposed):
            now = _time((yield frozenset({Now()})))
        found += [each for each in proposed if each[1].lasts(now)]
    if not is_rollback:
        return Held(environment, app, tuple(found))
    whole = [(name, hold) for name, hold, _ in found if hold.version is None]
    passed = [f"{name} holds {hold.subject} back: {hold.sentence}; the way back is open" for name, hold in whole]
    return Held(environment, app, tuple(each for each in found if each[1].version is not None), tuple(passed))


def _heads(estate: Estate, rules: Rules, *, is_rollback: bool) -> Sequence[str]:
    """The branches of pull requests that hold something back as long as they are open."""
    if estate.tip is None or not (rules.proposes(estate) or estate.environment.deliver == "pull-request"):
        return ()
    name = estate.environment.name
    return (hold_branch(name),) if is_rollback else (hold_branch(name), rollback_branch(name))


def _time(answers: Answers) -> datetime | None:
    return next((each for each in answers.values() if isinstance(each, datetime)), None)


def _cure(environment: str, hold: Hold) -> str:
    app = "" if hold.app == EVERY else f" {hold.app}"
    return f"`promote release {environment}{app}`"


def _proposed(environment: str, app: str, answers: Answers) -> Iterator[tuple[str, Hold, str]]:
    for question, standing in answers.items():
        if not isinstance(question, Stands) or not isinstance(standing, Standing) or standing.live is None:
            continue  # merged, the file says it; closed, a person does not want it
        if standing.opened is not None:
            where, cure = standing.opened.url, f"closing {standing.opened.url}"
        else:
            where = f"branch {question.head}, which has no open pull request yet"
            cure = f"deleting branch {question.head}"
        yield from ((environment, each, cure) for each in _holds_in(standing.live, environment, app, where))


def _holds_in(proposed: Proposed, environment: str, app: str, where: str) -> Iterable[Hold]:
    held = [change for change in proposed.holds if change.action == "held"]
    for change in held:
        if change.environment == environment and change.app in (EVERY, app):
            yield Hold(change.app, change.version, change.by, change.at, change.reason, change.until, where)
    for item in proposed.carried:
        is_told = any((change.environment, change.app) == (environment, app) for change in held)
        if (item.environment, item.app) == (environment, app) and item.undone is not None and not is_told:
            yield Hold(app, item.undone, reason="a rollback is proposed", where=where)
