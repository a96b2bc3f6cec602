"""PROMOTE_REGISTRY_<HOST>_USERNAME and _PASSWORD: credentials by the environment, the host in the variable's name."""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping

from promote.errors import RegistryDenied
from promote.registry.settings import Credentials, HostSettings

_OTHER = re.compile(r"[^A-Z0-9]")


def variables_of(host: str) -> tuple[str, str]:
    """The names of the variables with the user name and the password for `host`."""
    stem = f"PROMOTE_REGISTRY_{_OTHER.sub('_', host.upper())}"
    return f"{stem}_USERNAME", f"{stem}_PASSWORD"


class Variables:
    """Credentials from `environ`; no two hosts get the same ones (SEMANTICS 10.3)."""

    def __init__(self, settings: Mapping[str, HostSettings], environ: Mapping[str, str]) -> None:
        self._environ = environ
        self._lock = threading.Lock()
        # Hosts that the same variables would serve, by their names: known beforehand, then as they are asked.
        self._hosts: dict[str, set[str]] = {}
        for host, its in settings.items():
            if its.credentials is None and its.layout is None and its.mirror is None:
                self._hosts.setdefault(variables_of(host)[0], set()).add(host)

    def find(self, host: str) -> Credentials | None:
        """Those for `host`, or None; RegistryDenied where one is missing, or where they could be another host's."""
        names = variables_of(host)
        # CI systems make a secret that is not there an empty variable.
        username, password = (self._environ.get(name, "") for name in names)
        if not username and not password:
            return None
        if not username or not password:
            there, missing = names if username else names[::-1]
            raise RegistryDenied(f"{there} is set, and {missing} is not", where=host, cure=f"set {missing} too")
        with self._lock:
            hosts = self._hosts.setdefault(names[0], set())
            if rivals := sorted(hosts - {host}):
                raise RegistryDenied(
                    f"{names[1]} could be meant for {rivals[0]} as well",
                    where=host,
                    cure="give each of them username and password under `registries:`",
                )
            hosts.add(host)
        return Credentials(username, password, source=names[1])
