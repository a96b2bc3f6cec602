"""What promote.yaml says of where images come from: how an environment calls them, at what forge their source is."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from msgspec import UNSET

from promote.config.model import Config
from promote.forge.address import Kind, address_of, kind_of
from promote.wording.links import Origins
from promote.wording.source import Source


def _said(config: Config, home: str) -> Iterator[tuple[str, Kind]]:
    """What promote.yaml calls by its kind: `HOST/PATH/` of a forge, as a source begins there."""
    pairs = [(config.forge, home)]
    pairs += [(each.forge or config.forge, each.repo or home) for each in config.environments.values()]
    for said, repo in pairs:
        if said is None or said.kind is UNSET:
            continue
        if said.url is UNSET:
            address = address_of(repo)
            if address is not None:
                yield f"{address}/", said.kind
        else:
            parts = urlsplit(said.url)
            yield f"{parts.netloc}{parts.path.rstrip('/')}/".lower(), said.kind


def origins_of(config: Config, home: str) -> Origins:
    """The images of what a commit carries, and the kind of a source's forge: by promote.yaml, else by its host's name.

    `home` is the repository that promote is pointed at; "" for a folder that has no remote.
    """
    known = dict(_said(config, home))

    def kind(source: Source) -> Kind | None:
        whole = f"{source.host}{source.path}/".lower()
        told = max((start for start in known if whole.startswith(start)), key=len, default=None)
        return known[told] if told is not None else kind_of(source.host.partition(":")[0])

    return Origins(lambda item: config.app_in(item.environment, item.app).repositories, kind)
