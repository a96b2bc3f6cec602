"""PROMOTE_REGISTRY_<HOST>_USERNAME and _PASSWORD: credentials by the environment, the host in the variable's name."""

from __future__ import annotations

from collections.abc import Mapping

from promote.errors import RegistryDenied
from promote.hostvars import part, unique_part
from promote.registry.settings import Credentials, HostSettings


def _names(named: str) -> tuple[str, str]:
    return f"PROMOTE_REGISTRY_{named}_USERNAME", f"PROMOTE_REGISTRY_{named}_PASSWORD"


def variables_of(host: str) -> tuple[str, str] | None:
    """The names of the variables with the user name and the password for `host`, which no other host has, or None."""
    named = unique_part(host)
    return None if named is None else _names(named)


class Variables:
    """Credentials from `environ`; no two hosts get the same ones (SEMANTICS 10.3).

    A dash is `__`. The same with `_` would be the name of a host with a dot there, which may be anybody's: so it counts
    for a host with a dash only where promote.yaml lists that host.
    """

    def __init__(self, settings: Mapping[str, HostSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._listed = sorted(
            host
            for host, its in settings.items()
            if its.credentials is None and its.layout is None and its.mirror is None
        )

    def _are_set(self, names: tuple[str, str] | None) -> bool:
        # CI systems make a secret that is not there an empty variable.
        return names is not None and any(self._environ.get(name) for name in names)

    def _serving(self, host: str) -> tuple[str, str] | None:
        """The variables that are looked at for `host`."""
        own = variables_of(host)
        return own if self._are_set(own) or host not in self._listed else _names(part(host))

    def find(self, host: str) -> Credentials | None:
        """Those for `host`, or None; RegistryDenied where one is missing, or where they could be another host's."""
        names = self._serving(host)
        if names is None or not self._are_set(names):
            return None
        username, password = (self._environ.get(name, "") for name in names)
        if not username or not password:
            there, missing = names if username else names[::-1]
            raise RegistryDenied(f"{there} is set, and {missing} is not", where=host, cure=f"set {missing} too")
        if rivals := [other for other in self._listed if other != host and self._serving(other) == names]:
            raise RegistryDenied(
                f"{names[1]} could be meant for {rivals[0]} as well",
                where=host,
                cure="write `__` for each `-`, or give each of them username and password under `registries:`",
            )
        return Credentials(username, password, source=names[1], cure=f"correct {names[0]} and {names[1]}")

    def lack(self, host: str) -> str:
        """What would have the variables count that look like those of `host`; "" where there are none."""
        own, names = variables_of(host), _names(part(host))
        if own == names or self._serving(host) != own or self._are_set(own) or not self._are_set(names):
            return ""
        better = "" if own is None else f"call it {own[1]}, or "
        return f"{names[1]} may be another host's: {better}list {host} under `registries:` in promote.yaml"
