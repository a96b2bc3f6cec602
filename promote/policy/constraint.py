"""Ranges of semantic versions: which versions one admits, and why not the others.

A range is one or more groups, of which one must admit a version; a group admits what each of its tests admits. Every
test but one is an interval of keys. Prereleases are admitted by a group that names one itself, or where the caller
wants them.
"""

from __future__ import annotations

from dataclasses import dataclass

from promote.policy.version_key import Key, is_prerelease


@dataclass(frozen=True, slots=True)
class Within:
    """Admits from `low` on up to, not with, `high`; None is no bound."""

    low: Key | None = None
    high: Key | None = None

    def admits(self, key: Key) -> bool:
        return (self.low is None or self.low <= key) and (self.high is None or key < self.high)


@dataclass(frozen=True, slots=True)
class Without:
    """Admits what is not from `low` on up to `high`."""

    low: Key
    high: Key

    def admits(self, key: Key) -> bool:
        return not self.low <= key < self.high


@dataclass(frozen=True, slots=True)
class WithoutPatches:
    """Admits what differs from `like` in more than the patch number: `!=1.4` leaves out 1.4.7, and not 1.4.0-rc.1."""

    like: Key

    def admits(self, key: Key) -> bool:
        return (key[:2], key[3]) != (self.like[:2], self.like[3])


Test = Within | Without | WithoutPatches


@dataclass(frozen=True, slots=True)
class Group:
    """Tests that must all admit a version; `prereleases` where one of them names a prerelease."""

    tests: tuple[Test, ...]
    prereleases: bool

    def admits(self, key: Key) -> bool:
        return all(test.admits(key) for test in self.tests)


@dataclass(frozen=True, slots=True)
class Range:
    """A parsed range, and as `written`."""

    written: str
    groups: tuple[Group, ...]

    def why_not(self, key: Key, *, prereleases: bool = False) -> str | None:
        """Why the range leaves out the version, or None where it admits it."""
        unwanted = False
        before = is_prerelease(key)
        for group in self.groups:
            if group.admits(key):
                if not before or prereleases or group.prereleases:
                    return None
                unwanted = True
        return f"a prerelease, which {self.written} does not admit" if unwanted else f"outside {self.written}"
