"""Holds → the file that they stand in: items appended and taken out, proven like every other edit (SEMANTICS 8.3)."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Collection, Iterable, Sequence

from promote.estate.holds import FOLDER, KEY, MOST_BYTES, Holds, path_of, shown
from promote.estate.holds_file import SHORTER, read_holds
from promote.image import agree
from promote.moment import show_moment
from promote.outcome import Refusal
from promote.question import HoldChange
from promote.text.addition import Addition, Pairs, created
from promote.text.proof import Disagreement
from promote.text.remove_item import Removal
from promote.text.rewrite import rewrite
from promote.tree import Entry, show

_BY_HAND, _WITHOUT = "; edit it by hand", "; write it without"
_HEAD = b"# Versions that promote does not bring in: see `promote hold` and `promote release`.\n"


def _pairs(change: HoldChange) -> Pairs:
    moments = {"at": change.at, "until": change.until}
    texts = {key: show_moment(moment) for key, moment in moments.items() if moment is not None}
    pairs = (
        ("app", change.app),
        ("version", shown(change.version)),
        ("by", change.by),
        ("at", texts.get("at", "")),
        ("reason", change.reason),
        ("until", texts.get("until", "")),
    )
    return tuple((key, text) for key, text in pairs if text)


def addition(change: HoldChange) -> Addition:
    """The item of the file that holds back what `change` says."""
    return Addition(path_of(change.environment), (KEY,), _pairs(change))


def new_file(path: bytes, additions: Sequence[Addition]) -> bytes:
    """A file that holds just these, with a word on top if it is one of holds; ValueError where they do not fit."""
    return (_HEAD if path.startswith(FOLDER + b"/") else b"") + created(additions)


def with_hold(holds: Holds, change: HoldChange) -> Holds | Refusal:
    """The file with this hold in the place of all others of the same app and version."""
    same = [
        place
        for place, each in enumerate(holds.items)
        if (each.app, each.version) == (change.app, change.version)
    ]
    left = without(holds, same, change)
    if isinstance(left, Refusal):
        return left
    try:
        if left.stream is None:
            return _read(left, change, new_file(left.path, [addition(change)]))
    except ValueError as exc:
        return _refusal(holds, change, Disagreement("not-writable", f"a value {exc}"), cure=_WITHOUT)
    made = rewrite(left.stream, (), [addition(change)])
    if isinstance(made, Disagreement):
        return _refusal(holds, change, made, cure=_WITHOUT if made.code == "not-writable" else _BY_HAND)
    return _read(left, change, made.after)


def without(holds: Holds, places: Iterable[int], change: HoldChange) -> Holds | Refusal:
    """The file without the items at these places; each removal is proven."""
    left = sorted(places)
    while left:
        if holds.stream is None:
            raise ValueError("there is no file to take an item out of")
        going = _no_neighbours(left)
        made = rewrite(holds.stream, (), (), [Removal((KEY,), place) for place in going])
        if isinstance(made, Disagreement):
            return _refusal(holds, change, made)
        read = _read(holds, change, made.after)
        if isinstance(read, Refusal):
            return read
        holds, left = read, [place - bisect(going, place) for place in left if place not in set(going)]
    return holds


def _no_neighbours(places: Sequence[int]) -> list[int]:
    """Of these places the first, and as many as can go with it in one edit: many are gone in a few rounds."""
    out: list[int] = []
    for place in places:
        if not out or place > out[-1] + 1:
            out.append(place)
    return out


def released(holds: Holds, change: HoldChange) -> list[int]:
    """The places of the items that a release means: of its app, and of its version if it names one."""
    return [
        place
        for place, each in enumerate(holds.items)
        if each.app == change.app
        and (change.version is None or (each.version is not None and agree(each.version, change.version)))
    ]


def difference(environment: str, before: Holds, after: Holds) -> tuple[HoldChange, ...]:
    """What the holds of `after` hold back that those of `before` did not, and what they release."""
    old, new = _said(environment, before), _said(environment, after)
    come = [each for each in new if each not in old]
    # What is held back in other words is not released.
    kept = {(each.app, each.version) for each in come}
    gone = [each for each in old if each not in new and (each.app, each.version) not in kept]
    return (*(HoldChange(environment, each.app, each.version, "released") for each in gone), *come)


def _said(environment: str, holds: Holds) -> Collection[HoldChange]:
    """The holds as what would bring each of them in, once each."""
    return dict.fromkeys(
        HoldChange(environment, each.app, each.version, "held", each.reason, each.until, each.by, each.at)
        for each in holds.items
    )


def unfit(path: bytes, data: bytes) -> Disagreement | None:
    """Why a file of holds cannot be these bytes: the next run could not read it; None for any other file."""
    if not path.startswith(FOLDER + b"/") or len(data) <= MOST_BYTES:
        return None
    return Disagreement("not-writable", f"it would be larger than {MOST_BYTES >> 20} MiB; {SHORTER}")


def _read(holds: Holds, change: HoldChange, data: bytes) -> Holds | Refusal:
    fault = unfit(holds.path, data)
    if fault is not None:
        return _refusal(holds, change, fault, cure="")
    return read_holds(holds.path, {holds.path: (Entry(holds.path, holds.mode, None), data)})


def _refusal(holds: Holds, change: HoldChange, fault: Disagreement, *, cure: str = _BY_HAND) -> Refusal:
    why = f"{show(holds.path)}: not edited: {fault.why}{cure}"
    return Refusal(change.environment, change.app, fault.code, why)
