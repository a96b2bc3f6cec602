"""A board of any size, with some of everything; the same each time."""

from __future__ import annotations

from datetime import timedelta
from random import Random

from promote.board import Behind, Board, Cell, Pull, Stop, Trend
from promote.estate.holds import Hold
from promote.image import Version
from promote.question import Brought
from promote.wording.links import Link
from tests.clock import NOON

ENVIRONMENTS = ("dev", "test", "staging", "prod")
FORGE = "https://github.com/acme/gitops"
_WORDS = ("billing", "cart", "catalog", "checkout", "fraud", "identity", "ledger", "mailer", "orders", "stock")
_PEOPLE = ("Ann Lee <ann@example.com>", "Bo Berg <bo@example.com>", "promote <promote@example.com>")


def _name(number: int) -> str:
    turn, word = divmod(number, len(_WORDS))
    return f"{_WORDS[word]}-{('api', 'web', 'worker', 'jobs')[turn % 4]}{f'-{turn // 4}' if turn >= 4 else ''}"


def _cell(dice: Random, app: str, level: int) -> Cell:
    name = ENVIRONMENTS[level]
    if dice.random() < 0.04:
        return Cell(name, app, "absent")
    minor = 40 - 3 * level - dice.randrange(4)
    runs, comes = Version(f"2.{minor}.{dice.randrange(9)}"), Version(f"2.{minor + 1 + level}.0")
    if dice.random() < 0.015:
        return Cell(name, app, "refused", runs, notes=("apps/x.yaml:8:3: it stands behind an alias (alias)",))
    if dice.random() < 0.02:
        places = ((runs, f"apps/{app}/a.yaml:8:3"), (comes, f"apps/{app}/b.yaml:12:9"))
        return Cell(name, app, "mixed", places=places, notes=(f"its sites differ: {runs}, {comes}",))
    at = NOON - timedelta(hours=dice.randrange(3, 200 * (level + 1)))
    source = "registry" if level == 0 else ENVIRONMENTS[level - 1]
    made = Brought(
        f"{dice.getrandbits(160):040x}", at, dice.choice(_PEOPLE), f"Promote {app} to {name}", dice.random() < 0.1,
        None if level == 0 else source,
    )  # fmt: skip
    what = dice.random()
    behind = Behind(dice.randrange(1, 5) if level else None, dice.randrange(1, 9))
    if what < 0.10:
        pull = Pull(dice.randrange(100, 999), f"{FORGE}/pull/{dice.randrange(100, 999)}", comes)
        return Cell(name, app, "runs", runs, comes, source, pull=pull, behind=behind, brought=made)
    if what < 0.18:
        return Cell(name, app, "runs", runs, comes, source, behind=behind, brought=made)
    if what < 0.28 and level:
        why = f"{comes} stays out: soak: live in {source} for 3h of 1d"
        stop = Stop("waiting", why, "soak", "2026-01-06T09:00:00+00:00", comes)
        return Cell(name, app, "runs", runs, stop=stop, behind=behind, brought=made, notes=(why,))
    if what < 0.31 and level > 1:
        why = f"{comes} stays out: commit_status: e2e is failure on commit {made.commit[:12]} of {source}"
        stop = Stop("failed", why, "commit_status", version=comes)
        return Cell(name, app, "runs", runs, stop=stop, behind=behind, brought=made, notes=(why,))
    if what < 0.34 and level > 1:
        hold = Hold(app, comes, "Ann Lee", NOON, "it leaks connections", None, f".promote/holds/{name}.yaml:3:3")
        why = f"{comes} of {app} is held back: {hold.sentence}; `promote release {name} {app}` lets it in"
        return Cell(name, app, "runs", runs, stop=Stop("held", why, version=comes), holds=(hold,), notes=(why,),
                    brought=made, behind=behind)  # fmt: skip
    if what < 0.35:
        note = "latest is a tag that may move"
        return Cell(name, app, "runs", Version("latest"), brought=made, mutable=note, notes=(note,))
    return Cell(name, app, "runs", runs, brought=made)


def big(apps: int) -> tuple[Board, tuple[Link, ...]]:
    """A board of so many apps in four environments, with its links."""
    dice = Random(8)
    names = tuple(sorted(_name(number) for number in range(apps)))
    cells = tuple(_cell(dice, app, level) for app in names for level in range(len(ENVIRONMENTS)))
    trends = {
        (cell.app, cell.environment): Trend(
            tuple(max(dice.randrange(-2, 6 - ENVIRONMENTS.index(cell.environment)), 0) for _ in range(12)),
            tuple(
                timedelta(hours=dice.randrange(1, 60) * ENVIRONMENTS.index(cell.environment))
                for _ in range(8 if cell.environment != "dev" else 0)
            ),
        )
        for cell in cells
        if cell.brought is not None
    }
    links = []
    for cell in cells:
        if isinstance(cell.brought, Brought):
            links.append(Link(cell.environment, cell.app, f"{FORGE}/commit/{cell.brought.commit}", "commit"))
        if cell.next is not None or cell.stop is not None:
            page = f"https://github.com/acme/{cell.app}/compare/{'a' * 40}...{'b' * 40}"
            links.append(Link(cell.environment, cell.app, page))
    return Board(ENVIRONMENTS, names, cells, NOON, trends), tuple(links)
