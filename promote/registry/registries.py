"""All registries behind one question: which host is where, and how it is asked."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from promote.clock import Clock
from promote.errors import RegistryAbsent, RegistryUnreachable
from promote.image import Repository, parse_repository
from promote.question import Absent, Admitted, Known, Quota, What
from promote.registry.access import Access
from promote.registry.cache import Cache
from promote.registry.client import Client
from promote.registry.contents import Contents
from promote.registry.credentials.keyring import Keyring
from promote.registry.layout import Layout
from promote.registry.settings import DEFAULT, HostSettings
from promote.transport import Transport
from promote.transport.retry import Patience


class Registries:
    """Answers for any repository: from the layout that its host is set to, else over HTTP. May be used by many threads.

    `settings` are by canonical host (`docker.io`, `registry.example.com:5000`); a relative layout is the caller's to
    resolve. Credentials are looked for in `environ` and `home` where `settings` has none. What `cache` has is not
    fetched again; the caller closes it.
    """

    def __init__(
        self,
        settings: Mapping[str, HostSettings],
        *,
        transport: Transport,
        clock: Clock,
        environ: Mapping[str, str],
        home: Path,
        patience: Patience | None = None,
        cache: Cache | None = None,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._veil = transport.veil
        self._clock = clock
        self._environ = environ
        self._keyring = Keyring(settings, environ=environ, home=home, clock=clock)
        self._patience = patience or Patience()
        self._cache = cache
        self._contents = Contents(cache)
        self._lock = threading.Lock()
        self._clients: dict[str, Client] = {}
        self._layouts: dict[Path, Layout] = {}

    def tags(self, repository: Repository) -> tuple[str, ...]:
        """All tags of `repository`, sorted, each once; RegistryAbsent where there is no such repository."""
        with self._veil.over_errors():
            repository = self._asked(repository)
            place = self._place(repository)
            # A name that holds a secret is no tag once it is hidden: it is never chosen, and never written.
            return self._veil.hide_each(place.tags() if isinstance(place, Layout) else place.tags(repository.path))

    def facts(
        self, repository: Repository, reference: str, what: frozenset[What], *, immutable: bool = False
    ) -> Known | Absent:
        """What is known of a tag or digest, or Absent where its registry says clearly that there is none such."""
        try:
            with self._veil.over_errors():
                repository = self._asked(repository)
                place = self._place(repository)
                if isinstance(place, Layout):
                    return place.facts(reference, what)
                return self._veiled(place.facts(repository.path, reference, what, immutable=immutable), repository)
        except RegistryAbsent as error:
            return Absent(str(error))

    def _veiled(self, known: Known, repository: Repository) -> Known:
        hide = self._veil.hide
        if hide(known.digest) != known.digest:
            raise RegistryUnreachable(
                "sends a digest that holds what it was signed in with",
                where=str(repository),
                cure="ask who runs the registry",
            )
        labels = tuple((hide(name), hide(value)) for name, value in known.labels)
        platforms = self._veil.hide_each(known.platforms)
        return replace(known, platforms=platforms, labels=labels, undated=hide(known.undated))

    def limits(self, repository: Repository) -> Quota | None:
        """What the registry of `repository`, or its mirror, has said so far of how much it lets us pull."""
        with self._lock:
            client = self._clients.get(self._asked(repository).host)
        return None if client is None else client.quota

    def admitted(self, repository: Repository) -> Admitted | None:
        """As whom `repository` was asked so far, or its mirror; None where nothing was asked over HTTP."""
        asked = self._asked(repository)
        with self._lock:
            client = self._clients.get(asked.host)
        found = None if client is None else client.admitted(asked.path)
        return None if found is None else Admitted(self._veil.hide(found.user), found.source)

    def _asked(self, repository: Repository) -> Repository:
        """The repository that is asked in the place of `repository`: its mirror's, where its host has one."""
        mirror = self._settings.get(repository.host, DEFAULT).mirror
        return repository if mirror is None else Repository(mirror.host, mirror.path(repository.path))

    def _place(self, repository: Repository) -> Layout | Client:
        # Checked again, because a path becomes part of a URL or of a file's name here.
        if parse_repository(str(repository)) != repository:
            raise RegistryUnreachable(
                f"{str(repository)[:200]!r} is not a repository's name", cure="write it as host/path"
            )
        settings = self._settings.get(repository.host, DEFAULT)
        if settings.layout is not None:
            if not settings.layout.is_dir():
                raise RegistryUnreachable(
                    f"the folder of layouts for {repository.host} is not there",
                    where=str(settings.layout),
                    cure=f"correct `layout` under `registries: {repository.host}:`",
                )
            folder = settings.layout / repository.path
            with self._lock:
                return self._layouts.setdefault(folder, Layout(folder))
        with self._lock:
            client = self._clients.get(repository.host)
            if client is None:
                access = self._access(repository.host, settings)
                client = Client(access, repository.host, contents=self._contents, cache=self._cache)
                self._clients[repository.host] = client
            return client

    def _access(self, host: str, settings: HostSettings) -> Access:
        return Access(
            host,
            settings,
            transport=self._transport,
            clock=self._clock,
            environ=self._environ,
            keyring=self._keyring,
            patience=self._patience,
        )
