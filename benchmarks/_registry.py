"""A registry for benchmarks, as fast as one process can be: it answers each request after a given time and counts it.

A child process of its own, so that it does not share an interpreter with what is measured. One list of tags stands for
every repository. `GET /-/counts` says what was asked since it was asked last, at once and uncounted.
"""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"
_EPOCH = datetime(2024, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Shelf:
    """What is served: how many tags, in pages of how many, `delay` seconds after the request; with `etag`, lists too.

    With `images` each tag has an image with a date of its own; without, there are lists alone.
    """

    tags: int
    page: int = 1000
    delay: float = 0.02
    etag: bool = False
    images: bool = False


@dataclass(frozen=True, slots=True)
class Running:
    """A registry that answers, at `host`."""

    host: str

    def counts(self) -> Counter[str]:
        """Requests since the last call, by kind; `peak` is how many were under way at once."""
        with closing(http.client.HTTPConnection(self.host)) as connection:
            connection.request("GET", "/-/counts")
            return Counter(json.loads(connection.getresponse().read()))


def asked(servers: Iterable[Running]) -> Counter[str]:
    """Requests to all of them since the last call, by kind."""
    total = Counter[str]()
    for server in servers:
        total.update({kind: count for kind, count in server.counts().items() if kind not in ("peak", "under way")})
    return total


def told(counts: Counter[str]) -> str:
    """`12 list, 3 not modified`."""
    return ", ".join(f"{count} {kind}" for kind, count in sorted(counts.items()) if count)


def names(tags: int) -> list[str]:
    """The tags as they are listed: in lexical order."""
    return sorted(f"{number // 10_000}.{number // 100 % 100}.{number % 100}" for number in range(tags))


def by_version(tags: int) -> list[str]:
    """The same in the order of their versions, the greatest last."""
    return sorted(names(tags), key=lambda tag: tuple(map(int, tag.split("."))))


def newest(tags: int) -> str:
    """The tag with the newest image, which is not the greatest version."""
    listed = names(tags)
    return max(zip(map(_date, range(tags), [tags] * tags), listed, strict=True))[1]


def _date(number: int, tags: int) -> datetime:
    return _EPOCH + timedelta(minutes=(number * 7919) % tags)


def _digest(raw: bytes) -> str:
    return "sha256:" + hashlib.sha256(raw).hexdigest()


def _head(status: str, length: int, fields: str = "", kind: str = "application/json") -> bytes:
    return f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n{fields}\r\n".encode()


class _Content:
    """All answers, ready to be sent."""

    def __init__(self, shelf: Shelf) -> None:
        self.shelf = shelf
        self._tags = names(shelf.tags)
        self._pages: dict[tuple[str, int, int], tuple[str, bytes]] = {}
        self._manifests: dict[str, tuple[str, bytes]] = {}
        self._configs: dict[str, bytes] = {}
        for number, tag in enumerate(self._tags if shelf.images else ()):
            created = _date(number, shelf.tags).isoformat().replace("+00:00", "Z")
            config = json.dumps({"created": created, "os": "linux", "architecture": "amd64"}).encode()
            descriptor = {"mediaType": _CONFIG, "digest": _digest(config), "size": len(config)}
            said = {"schemaVersion": 2, "mediaType": _MANIFEST, "config": descriptor, "layers": []}
            manifest = json.dumps(said).encode()
            self._configs[_digest(config)] = config
            self._manifests[tag] = self._manifests[_digest(manifest)] = (_digest(manifest), manifest)

    def _page(self, path: str, start: int, size: int) -> tuple[str, bytes]:
        """An ETag and one page from `start` on, with its header fields."""
        key = (path, start, size)
        if key not in self._pages:
            part = self._tags[start : start + size]
            more = start + size < len(self._tags)
            link = f'Link: </v2/{path}/tags/list?last={part[-1]}&n={size}>; rel="next"\r\n' if more else ""
            body = json.dumps({"name": path, "tags": part}, separators=(",", ":")).encode()
            tag = f'"{hashlib.sha256(body).hexdigest()}"'
            fields = link + (f"ETag: {tag}\r\n" if self.shelf.etag else "")
            self._pages[key] = (tag, _head("200 OK", len(body), fields) + body)
        return self._pages[key]

    def answer(self, method: str, target: str, matches: str) -> tuple[str, bytes]:
        """The kind of request, for the counts, and its whole answer."""
        url = urlsplit(target)
        if url.path == "/v2/":
            return "ping", _head("200 OK", 2) + b"{}"
        path, _, reference = url.path.removeprefix("/v2/").rpartition("/")
        path, _, kind = path.rpartition("/")
        if (kind, reference) == ("tags", "list"):
            query = parse_qs(url.query)
            last = query.get("last", [""])[0]
            size = min(self.shelf.page, int(query.get("n", ["1000"])[0]))
            etag, page = self._page(path, self._tags.index(last) + 1 if last else 0, size)
            if self.shelf.etag and matches == etag:
                return "not modified", f"HTTP/1.1 304 Not Modified\r\nETag: {etag}\r\n\r\n".encode()
            return "list", page
        if kind == "manifests" and reference in self._manifests:
            digest, manifest = self._manifests[reference]
            head = _head("200 OK", len(manifest), f"Docker-Content-Digest: {digest}\r\n", _MANIFEST)
            return ("head", head) if method == "HEAD" else ("manifest", head + manifest)
        if kind == "blobs" and reference in self._configs:
            config = self._configs[reference]
            return "config", _head("200 OK", len(config)) + config
        return "unknown", _head("404 Not Found", 13) + b'{"errors":[]}'


class _Connection(asyncio.Protocol):
    def __init__(self, content: _Content, counts: Counter[str]) -> None:
        self._content = content
        self._counts = counts
        self._loop = asyncio.get_running_loop()
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(type(transport).__name__)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def data_received(self, data: bytes) -> None:
        self._read += data
        if self._read[:1] == b"\x16":
            self._transport.abort()  # a client that tries TLS first must learn at once that this is plain HTTP
            return
        while b"\r\n\r\n" in self._read:
            head, _, self._read = self._read.partition(b"\r\n\r\n")
            self._asked(head.decode("latin-1"))

    def _asked(self, head: str) -> None:
        first, *fields = head.split("\r\n")
        method, target, _ = first.split(" ")
        if target == "/-/counts":
            body = json.dumps(self._counts).encode()
            self._counts.clear()
            self._transport.write(_head("200 OK", len(body)) + body)
            return
        matches = ""
        for field in fields:
            if field[:14].lower() == "if-none-match:":
                matches = field[14:].strip()
        kind, raw = self._content.answer(method, target, matches)
        self._counts[kind] += 1
        self._counts["under way"] += 1
        self._counts["peak"] = max(self._counts["peak"], self._counts["under way"])
        self._loop.call_later(self._content.shelf.delay, self._answer, raw)

    def _answer(self, raw: bytes) -> None:
        self._counts["under way"] -= 1
        self._transport.write(raw)


async def _serve(shelf: Shelf) -> None:
    content, counts = _Content(shelf), Counter[str]()
    server = await asyncio.get_running_loop().create_server(lambda: _Connection(content, counts), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


@contextmanager
def registry(shelf: Shelf) -> Iterator[Running]:
    """A registry with `shelf`, on a free port of loopback, until the end of the `with`."""
    argv = [sys.executable, "-m", "benchmarks._registry", json.dumps(asdict(shelf))]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent) as child:
        try:
            if child.stdout is None:
                raise TypeError("a pipe was asked for")
            yield Running(f"127.0.0.1:{int(child.stdout.readline())}")
        finally:
            child.terminate()


if __name__ == "__main__":
    asyncio.run(_serve(Shelf(**json.loads(sys.argv[1]))))
