"""A remote's URL: which forms are taken, and its credential kept apart from it."""

from __future__ import annotations

import ipaddress
import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from promote.errors import UsageError

_SCHEMES = ("https", "http", "ssh", "git", "file")
_PORTS = {"https": ":443", "http": ":80", "ssh": ":22", "git": ":9418"}
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class RemoteUrl:
    """Where a repository is: `public` has no credential and is what git, messages and files get to see."""

    public: str
    username: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @property
    def host(self) -> str:
        """The host's name, without a port; `""` for a repository of this machine."""
        if "://" in self.public:
            return urlsplit(self.public).hostname or ""
        return self.public.partition(":")[0].rpartition("@")[2].lower()

    @property
    def scheme(self) -> str:
        """`ssh` for HOST:PATH too."""
        return self.public.partition("://")[0] if "://" in self.public else "ssh"

    @property
    def address(self) -> str:
        """The host's name, with its port where that is not the usual one; `""` for a repository of this machine."""
        if "://" not in self.public:
            return self.host
        return urlsplit(self.public).netloc.rpartition("@")[2]

    @property
    def full_address(self) -> str:
        """The host's name, always with its port."""
        known = self.address.rpartition("]")[2].rpartition(":")[1]
        return self.address if known else f"{self.address}{_PORTS.get(self.scheme, '')}"

    @property
    def origin(self) -> str:
        """Scheme, host and port, as git's settings for a host are named by."""
        return f"{self.scheme}://{self.address}"

    @property
    def is_private(self) -> bool:
        """Whether a password may be sent: by https, or to this machine."""
        return self.scheme == "https" or (self.scheme == "http" and _is_loopback(self.host))


def _clear(text: str, where: str) -> str:
    decoded = unquote_to_bytes(text)
    try:
        out = decoded.decode()
    except UnicodeDecodeError as exc:
        raise UsageError("the credential in this URL is not UTF-8", where=where, cure="encode it with %XX") from exc
    if _CONTROL.search(out):
        raise UsageError("the credential in this URL holds a control character", where=where, cure="remove it")
    return out


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _local(path: str, base: Path) -> RemoteUrl:
    # file:// and not the bare path: git takes shortcuts with a path, and then ignores --depth and --filter.
    expanded = os.path.normpath(base.absolute() / Path(path).expanduser())
    # POSIX lets two slashes mean something of their own at the beginning; here they mean one.
    return RemoteUrl(Path("/" + expanded.lstrip("/")).as_uri())


def _plain(path: str, *, is_rooted: bool) -> str:
    """The same path without `.`, `..` and slashes at its end; what comes behind a `?` or `#` is left as it is."""
    end = min((at for at in map(path.find, "?#") if at >= 0), default=len(path))
    root = "/" if path.startswith("/") else ""
    out: list[str] = []
    for segment in path[len(root) : end].rstrip("/").split("/"):
        if segment == ".." and out and not out[-1].startswith(("..", "~")):
            out.pop()
        elif segment != "." and not (segment == ".." and not out and (is_rooted or root)):
            out.append(segment)
    return root + "/".join(out) + path[end:]


def _split(text: str, scheme: str) -> RemoteUrl:
    head, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    userinfo, at, host = authority.rpartition("@")
    host = host.lower().removesuffix(_PORTS[scheme])
    bare, *more = re.split("[?#]", f"{host}{slash}{path}", maxsplit=1)
    if more and scheme in ("https", "http"):
        # It may hold a token, and what is public of a URL is printed everywhere.
        raise UsageError(
            "has something behind a `?` or `#`, which is not taken", where=f"{scheme}://{bare}",
            cure="leave it out, and give a credential on its own",
        )  # fmt: skip
    path = _plain(path, is_rooted=True)
    public = f"{scheme}://{host}{slash}{path}"
    if _CONTROL.search(unquote(f"{host}{slash}{path}")):
        raise UsageError("hides control characters", where=_shown(text), cure="remove what %XX stands for them")
    # ssh would take either for an option of its own.
    if not host or unquote(host).startswith("-") or (scheme == "ssh" and unquote(userinfo).startswith("-")):
        raise UsageError("is not a URL with a host", where=public, cure="write https://HOST/PATH")
    try:
        name = urlsplit(public).hostname or ""
        _ = urlsplit(public).port  # raises where it is no number
    except ValueError as exc:
        raise UsageError("is not a URL", where=f"{head}://…", cure="write https://HOST/PATH") from exc
    user, colon, password = userinfo.partition(":")
    if scheme in ("ssh", "git"):
        # The name belongs to an ssh address and is no secret; a password has no place there.
        return RemoteUrl(f"{scheme}://{user}@{host}{slash}{path}" if user and scheme == "ssh" else public)
    if not at or not (user or password):
        return RemoteUrl(public)
    if scheme == "http" and colon and not _is_loopback(name):
        raise UsageError("would send its password in the clear", where=public, cure="use https")
    return RemoteUrl(public, _clear(user, public), _clear(password, public) if colon else None)


def _shown(text: str) -> str:
    """What may be shown of a URL that is not taken."""
    shown = redacted(text)
    return (shown.partition("?")[0] if "://" in shown else shown)[:200]


def parse(text: str, *, base: Path) -> RemoteUrl:
    """The remote that `text` means; a path is taken from `base`. UsageError for what git would take for a command."""
    where = _shown(text)
    if not text or _CONTROL.search(text):
        raise UsageError("is not a URL", where=repr(where), cure="remove the control characters, or name a repository")
    if text.startswith("-"):
        raise UsageError("begins with a dash, as an option does", where=where, cure="write ./PATH if it is a path")
    scheme, separator, _ = text.partition("://")
    if separator and re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme):
        if scheme.lower() not in _SCHEMES:
            raise UsageError(f"{scheme}:// is not taken", where=where, cure=f"use {', '.join(_SCHEMES)} or a path")
        if scheme.lower() == "file":
            host, slash, path = text.partition("://")[2].partition("/")
            if not slash or host not in ("", "localhost"):
                # git would take HOST for a folder of this machine's root.
                raise UsageError("names a host, or no path", where=where, cure="write file:///PATH")
            if _CONTROL.search(unquote(path)):
                raise UsageError("hides control characters", where=where, cure="remove what %XX stands for them")
            return _local(os.fsdecode(unquote_to_bytes(f"/{path}")), base)
        return _split(text, scheme.lower())
    before, colon, after = text.partition(":")
    if not colon or "/" in before:
        return _local(text, base)
    if after.startswith(":"):
        raise UsageError("names a remote helper, which runs a program", where=where, cure="use https or ssh")
    if "@" in after.partition("/")[0]:
        # `user:password@host/path`: what stands before the @ is not repeated.
        raise UsageError("a repository is named like a URL without its scheme", cure="write https:// before it")
    user, at, host = before.rpartition("@")
    if not host or host.startswith("-") or user.startswith("-") or after.startswith("-"):
        raise UsageError("is not a host with a path", where=where, cure="write HOST:PATH or ssh://HOST/PATH")
    # Without a dot it may be an alias of ssh's or git's own settings, where case counts.
    host = host.lower() if "." in host else host
    return RemoteUrl(f"{user.partition(':')[0]}{at}{host}:{_plain(after, is_rooted=False)}")


_USERINFO = re.compile(r"(?<=://)[^/\s@'\"]*@")
_HEADER = re.compile(r"(?i)(authorization['\"]?\s*[:=]\s*['\"]?(?:basic|bearer|token|negotiate)?\s*)[^\s'\"]+")


def redacted(text: str, secrets: frozenset[str] = frozenset()) -> str:
    """`text` without the credentials of URLs and headers, and without `secrets`."""
    text = _HEADER.sub(r"\1***", _USERINFO.sub("", text))
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
