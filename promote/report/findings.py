"""What `check` found as one screen: part by part, what is well folded into counts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from promote.check import PARTS, Finding, Level
from promote.report.folding import of_host
from promote.report.table import one_line, wrapped

# What several findings of one code come to, where all is well; a code that is not here is counted by its name.
_FOLDED: Mapping[str, str] = {
    "sites": "apps in their environments can be written",
    "holds": "files of holds are understood",
    "registry": "images are there",
    "pulls-left": "registries let more be pulled",
    "credential": "remotes are signed in to",
    "push": "branches can be read, and a push is let in; rules and hooks cannot be asked",
    "forge": "forges know the token",
    "gate": "gates and checks are fine",
    "notify": "targets have their address; nothing was sent",
}
_LEAST = 40


def _folded(found: Sequence[Finding]) -> Iterator[str]:
    by_code: dict[str, list[Finding]] = {}
    for one in found:
        by_code.setdefault(one.code, []).append(one)
    for code, several in by_code.items():
        # As whom a registry is asked is different with each.
        if len(several) == 1 or code == "signed-in":
            yield from (f"{one.subject}: {one.what}" for one in several)
        else:
            yield f"{len(several)} {_FOLDED.get(code, code)}"


def _by_host(found: Sequence[Finding]) -> Iterator[Finding]:
    """The findings; what several say of one registry's host is one of the host, as its images are counted."""
    hosts = [of_host(one.what) if one.code == "registry" and one.level == "error" else None for one in found]
    images: dict[tuple[str, str], set[str]] = {}
    for one, host in zip(found, hosts, strict=True):
        if host is not None:
            images.setdefault(host, set()).add(one.subject)
    told = set()
    for one, host in zip(found, hosts, strict=True):
        if host is None or len(images[host]) == 1:
            yield one
        elif host not in told:
            told.add(host)
            yield replace(one, subject=f"{host[0]} ({len(images[host])} images)", what=host[1])


def _line(one: Finding, *, whole: bool) -> str:
    return f"{one.subject}: {one.sentence}" + (f"  [{one.code}]" if whole or one.level != "ok" else "")


def findings(
    found: Sequence[Finding], width: int | None, *, whole: bool = False
) -> Iterator[tuple[Level | None, str]]:
    """Each line with the level that it tells of, None for headings; the counts last.

    What is well is folded into counts, and what is wrong with one registry into a line, but with `whole`. No line is
    wider than `width` where it can be broken.
    """
    # As wide as all of it needs where no width is known.
    room = max(width, _LEAST) if width is not None else 1 << 20
    if not whole:
        found = list(_by_host(found))
    for part in PARTS:
        here = [one for one in found if one.part == part]
        if not here:
            continue
        yield None, part
        well = [one for one in here if one.level == "ok"]
        said = [_line(one, whole=True) for one in well] if whole else list(_folded(well))
        told: list[tuple[Level, str]] = [("ok", line) for line in said]
        for level in ("warning", "error"):
            told += [(level, _line(one, whole=whole)) for one in here if one.level == level]
        for level, line in told:
            for number, piece in enumerate(wrapped(one_line(line), room, f"  {level:<8} ", " " * 13)):
                yield (level if number == 0 else None), piece
    errors = sum(one.level == "error" for one in found)
    warnings = sum(one.level == "warning" for one in found)
    yield None, f"{errors} error{'s' if errors != 1 else ''}, {warnings} warning{'s' if warnings != 1 else ''}"
