"""What a run may do, told from the whole past without a line of promote: slow, plain, and what promote must agree with.

SEMANTICS 5, 6 and 8 for the pipeline of `ground`, written down once more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from tests.simulate.ground import PROD_SOAK, SOURCES, STAGING_SOAK, rank
from tests.simulate.ledger import Key, Ledger, Life
from tests.simulate.sky import Sky

_AMSTERDAM, _NEW_YORK = ZoneInfo("Europe/Amsterdam"), ZoneInfo("America/New_York")


@dataclass(frozen=True)
class Held:
    """What people hold back; `app` "*" is every app, `tag` None every version."""

    environment: str
    app: str
    tag: str | None
    until: datetime | None = None


@dataclass
class Oracle:
    """The model: what is known of the world, and what people have held back."""

    sky: Sky
    ledger: Ledger
    frozen: date
    thawed: date
    holds: list[Held] = field(default_factory=list)

    def due(self) -> dict[Key, frozenset[str]]:
        """What each environment may run of each app after one run that begins now: mostly one version.

        Where it is two, a version has come back after it was gone, and its soak may be asked for again or not.
        """
        return {key: self._after(key) for key in self.ledger.lives}

    def rolled_back(self, key: Key) -> str | None:
        """Where a rollback leads: to what ran before, and was neither given up nor is held by name."""
        lives = self.ledger.lives[key]
        if self.sky.is_dark(key[1]):
            return None
        for number in reversed(range(len(lives) - 1)):
            tag = lives[number].tag
            if tag != lives[-1].tag and not self._is_barred(key, tag) and not self._given_up(lives, tag):
                return tag
        return None

    def came_back(self, key: Key) -> bool:
        """Whether what runs was brought by a rollback: nothing else goes back."""
        lives = self.ledger.lives[key]
        return len(lives) > 1 and rank(lives[-1].tag) < rank(lives[-2].tag)

    def is_held(self, key: Key, tag: str) -> bool:
        return self._is_barred(key, tag) or self._is_barred(key, None)

    def _is_barred(self, key: Key, tag: str | None) -> bool:
        """Whether a hold of that version, or of every one where it is None, stands."""
        environment, app = key
        return any(
            each.environment == environment
            and each.app in ("*", app)
            and each.tag == tag
            and (each.until is None or self.sky.moment < each.until)
            for each in self.holds
        )

    def _after(self, key: Key) -> frozenset[str]:
        environment, app = key
        present = self.ledger.tag(key)
        nothing = frozenset({present})
        if self.sky.is_dark(app):
            return nothing
        if environment == "dev":
            newest = self.sky.newest(app)
            return frozenset({newest}) if self._may_enter(key, newest, present) else nothing
        if environment == "test":
            tag = self.ledger.tag(("dev", app))
            may = self._may_enter(key, tag, present) and self.sky.is_healthy(app, tag)
            return frozenset({tag}) if may else nothing
        if not self._is_open(environment):
            return nothing
        strictly, loosely = (self._newest(key, present, strict=strict) for strict in (True, False))
        return frozenset({strictly, loosely})

    def _may_enter(self, key: Key, tag: str, present: str) -> bool:
        app = key[1]
        return rank(tag) > rank(present) and not any(
            self.is_held((name, app), tag) for name in (key[0], *SOURCES[key[0]])
        )

    def _is_open(self, environment: str) -> bool:
        if environment == "staging-us":
            return time(6, 15) <= self.sky.moment.astimezone(_NEW_YORK).time() < time(22, 45)
        if environment != "prod":
            return True
        local = self.sky.moment.astimezone(_AMSTERDAM)
        is_frozen = self.frozen <= local.date() < self.thawed
        return not is_frozen and local.weekday() < 5 and time(6, 15) <= local.time() < time(18, 45)

    def _newest(self, key: Key, present: str, *, strict: bool) -> str:
        """The newest version that every source has had and has not given up, and that has soaked there."""
        environment, app = key
        past: Mapping[str, list[Life]] = {name: self.ledger.lives[name, app] for name in SOURCES[environment]}
        if len(past) == 1 and any(rank(lives[-1].tag) < rank(present) for lives in past.values()):
            return present
        tags = set.intersection(*({life.tag for life in lives} for lives in past.values()))
        least = PROD_SOAK if environment == "prod" else STAGING_SOAK
        for tag in sorted(tags, key=rank, reverse=True):
            if (
                self._may_enter(key, tag, present)
                and not any(self._given_up(lives, tag) for lives in past.values())
                and all(self._has_soaked(lives, tag, least, strict=strict) for lives in past.values())
                and (environment != "prod" or all(self._is_proven(lives, tag) for lives in past.values()))
            ):
                return tag
        return present

    @staticmethod
    def _given_up(lives: list[Life], tag: str) -> bool:
        """Whether something older has run since the version last did."""
        last = max(number for number, life in enumerate(lives) if life.tag == tag)
        return any(rank(life.tag) < rank(tag) for life in lives[last + 1 :])

    def _has_soaked(self, lives: list[Life], tag: str, least: timedelta, *, strict: bool) -> bool:
        mine = [life for life in lives if life.tag == tag]
        spans = [(life.until or self.sky.moment) - life.since for life in mine]
        return (spans[-1] if strict else max(spans)) >= least

    def _is_proven(self, lives: list[Life], tag: str) -> bool:
        commit = next(life.commit for life in reversed(lives) if life.tag == tag)
        return not self.sky.is_mute and self.sky.status(commit, self.ledger.when(commit)) == "success"
