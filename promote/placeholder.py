"""`{app}`, `{environment}` and vars in paths: found, judged and filled in (SEMANTICS 1.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from promote.text.yamlpath import Select, Step

_PLACEHOLDER = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
# No file system takes a longer segment.
_VALUE = re.compile(r"[^/\\*?!{}\s][^/\\*?{}\n]{0,254}\Z")
# A name is taken apart in as many ways as it has characters to the power of these.
MAX_IN_SEGMENT = 3
# Filled in by promote itself, so no `vars` may bear these names.
OWN = frozenset({"app", "environment"})


def placeholders(text: str) -> tuple[str, ...]:
    """The names of the placeholders in `text`, each once, in the order of their first appearance."""
    return tuple(dict.fromkeys(_PLACEHOLDER.findall(text)))


def is_placeholder(name: str) -> bool:
    """Whether `name` may stand between braces."""
    return _PLACEHOLDER.fullmatch(f"{{{name}}}") is not None


def has_stray_brace(text: str) -> bool:
    """Whether `text` holds a brace that is no placeholder's."""
    rest = _PLACEHOLDER.sub("", text)
    return "{" in rest or "}" in rest


def is_crowded(text: str) -> bool:
    """Whether a segment of `text` holds more placeholders than a name could be taken apart by in time."""
    return any(len(_PLACEHOLDER.findall(segment)) > MAX_IN_SEGMENT for segment in text.split("/"))


def is_segment(value: str) -> bool:
    """Whether `value` can stand for one path segment, or a part of one."""
    return _VALUE.match(value) is not None and value not in (".", "..")


def fill(text: str, values: Mapping[str, str], missing: str | None = None) -> str:
    """`text` with its placeholders filled in; one without a value becomes `missing`, or stays where that is None."""
    return _PLACEHOLDER.sub(lambda found: values.get(found[1], found[0] if missing is None else missing), text)


def fill_steps(steps: Iterable[Step], values: Mapping[str, str]) -> tuple[Step, ...]:
    """The steps of a YAML path filled in; a value stays one key, whatever characters it holds."""
    out: list[Step] = []
    for step in steps:
        if isinstance(step, Select):
            out.append(replace(step, key=fill(step.key, values), value=fill(step.value, values)))
        else:
            out.append(fill(step, values) if isinstance(step, str) else step)
    return tuple(out)


def fill_expression(text: str, values: Mapping[str, str], missing: str | None = None) -> re.Pattern[bytes]:
    """A regular expression over the bytes of a file, with placeholders that match what they stand for; or re.error.

    Quantifiers such as {2,3} are no placeholders.
    """
    literal = {name: re.escape(value) for name, value in values.items()}
    return re.compile(fill(text, literal, missing).encode(), re.MULTILINE)


def capture(text: str) -> re.Pattern[str]:
    """What matches the texts that `text` may become, with a group for each placeholder."""
    seen: set[str] = set()
    out = []
    at = 0
    for found in _PLACEHOLDER.finditer(text):
        out.append(re.escape(text[at : found.start()]))
        out.append(f"(?P={found[1]})" if found[1] in seen else f"(?P<{found[1]}>[^/]+)")
        seen.add(found[1])
        at = found.end()
    out.append(re.escape(text[at:]))
    return re.compile("".join(out) + r"\Z")


class Names:
    """Names that stand in the file, with what their families (`web-*`) and templates (`prod-{cluster}`) stand for."""

    def __init__(self, names: Iterable[str]) -> None:
        self.names = tuple(names)
        self._exact = frozenset(self.names)
        self._open = [each for each in self.names if "*" in each]
        self._templates = [capture(each) for each in self.names if placeholders(each)]

    def __contains__(self, name: str) -> bool:
        return (
            name in self._exact
            or any(fnmatchcase(name, each) for each in self._open)
            or any(each.match(name) is not None for each in self._templates)
        )
