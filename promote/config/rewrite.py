"""`rewrite` of an environment: the same images under another name, where a registry mirrors another (SEMANTICS 5.4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from promote.config.registry_name import canonical_prefix
from promote.image import Repository, parse_repository

_APP = "{app}"
_SENTINEL = "x0app0x"


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Prefixes by whole segments and what stands in their place, both canonical; the longest that fits is taken."""

    rules: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, said: Mapping[str, str]) -> Rewrite:
        """The rules as promote.yaml has them; what is no prefix is left to `check`."""
        found = ((canonical_prefix(old), canonical_prefix(new)) for old, new in said.items())
        rules = [(old, new) for old, new in found if old is not None and new is not None]
        return cls(tuple(sorted(rules, key=lambda rule: (-len(rule[0]), rule))))

    def _name(self, name: str) -> str:
        for old, new in self.rules:
            if name == old or name.startswith(f"{old}/"):
                return new + name.removeprefix(old)
        return name

    def repository(self, repository: Repository) -> Repository:
        """What the image is called here; one that no rule fits stays as it was written."""
        name = str(repository)
        new = self._name(name)
        return repository if new == name else parse_repository(new) or repository

    def pattern(self, pattern: str) -> str:
        """The same for a family's image, which holds {app}."""
        repository = parse_repository(pattern.replace(_APP, _SENTINEL))
        if repository is None:
            return pattern
        new = self._name(str(repository))
        return pattern if new == str(repository) else new.replace(_SENTINEL, _APP)
