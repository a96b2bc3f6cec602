"""The repository of a pipeline: its environments and apps, their files, and how a reader without promote sees them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from hashlib import sha256

ENVIRONMENTS = ("dev", "test", "staging-eu", "staging-us", "prod")
SOURCES: Mapping[str, tuple[str, ...]] = {
    "dev": (),
    "test": ("dev",),
    "staging-eu": ("test",),
    "staging-us": ("test",),
    "prod": ("staging-eu", "staging-us"),
}
HOST = "r.example.com/acme"
FIRST = "1.0.0"
CONTEXT = "e2e"
A_FILE = 10
# No run is on the hour of such a time: a few seconds that a run takes change nothing.
STAGING_SOAK = timedelta(hours=2, minutes=30)
PROD_SOAK = timedelta(hours=11, minutes=30)

_CONFIG = """\
version: 1
commit:
  author: Cron <cron@example.com>
  committer: Cron <cron@example.com>
apps:
  "app-*": {{image: "{host}/{{app}}", policy: {{semver: "*"}}}}
defaults: {{auto: true}}
environments:
  dev: {{path: envs/dev}}
  test:
    path: envs/test
    from: dev
    gates:
      - http: {{url: "http://127.0.0.1:{port}/{{app}}/{{tag}}"}}
  staging-eu:
    path: envs/staging-eu
    from: test
    gates:
      - soak: 2h30m
  staging-us:
    path: envs/staging-us
    from: test
    timezone: America/New_York
    gates:
      - window: {{hours: "06:15-22:45"}}
      - soak: 2h30m
  prod:
    path: envs/prod
    from: {{all: [staging-eu, staging-us]}}
    timezone: Europe/Amsterdam
    gates:
      - window: {{days: mon-fri, hours: "06:15-18:45"}}
      - freeze: {{from: {frozen}, until: {thawed}, reason: audit}}
      - commit_status: {context}
      - soak: 11h30m
"""
_ENTRY = re.compile(
    rb"^- name: \S+/(?P<app>app-\d+)[^\n]*\n  newTag: '?(?P<tag>[^'\s]+)'?[^\n]*\n(?:  digest: (?P<digest>\S+)\n)?",
    re.MULTILINE,
)


def app_name(number: int) -> str:
    return f"app-{number:02}"


def has_digest(app: str) -> bool:
    """Whether the app's places name a digest beside the tag."""
    return app[-1] in "37"


def digest_of(app: str, tag: str) -> str:
    return f"sha256:{sha256(f'{app}:{tag}'.encode()).hexdigest()}"


def rank(tag: str) -> int:
    """Tags are 1.N.0, and N tells which is newer."""
    return int(tag.split(".")[1])


def config(port: int, frozen: date, thawed: date) -> str:
    return _CONFIG.format(host=HOST, port=port, frozen=frozen, thawed=thawed, context=CONTEXT)


def paths(apps: int) -> list[str]:
    """The files of all environments: several apps a file."""
    return [
        f"envs/{name}/{file}/kustomization.yaml"
        for name in ENVIRONMENTS
        for file in range((apps + A_FILE - 1) // A_FILE)
    ]


def _entry(app: str) -> str:
    told = f"- name: {HOST}/{app}  # not {FIRST}\n  newTag: '{FIRST}' # {FIRST}\n"
    return told + (f"  digest: {digest_of(app, FIRST)}\n" if has_digest(app) else "")


def files(apps: int, said: str) -> dict[str, bytes]:
    """The first state, in which every environment runs the first version of each app."""
    out = {"promote.yaml": said.encode()}
    for path in paths(apps):
        first = A_FILE * int(path.split("/")[2])
        entries = "".join(_entry(app_name(number)) for number in range(first, min(first + A_FILE, apps)))
        out[path] = f"# {path}\nkind: Kustomization\nimages:\n{entries}".encode()
    return out


def read(data: bytes) -> dict[str, tuple[str, str | None]]:
    """The tag and the digest of each app that a file names."""
    return {
        found["app"].decode(): (found["tag"].decode(), found["digest"].decode() if found["digest"] else None)
        for found in _ENTRY.finditer(data)
    }


def written(data: bytes, tags: Mapping[str, str]) -> bytes:
    """The file with other tags, and the digests that go with them: no other byte is another one."""

    def entry(found: re.Match[bytes]) -> bytes:
        app = found["app"].decode()
        if app not in tags:
            return found[0]
        out = bytearray(found[0])
        pairs = [("digest", digest_of(app, tags[app])), ("tag", tags[app])]
        for name, text in pairs if found["digest"] else pairs[1:]:
            out[found.start(name) - found.start() : found.end(name) - found.start()] = text.encode()
        return bytes(out)

    return _ENTRY.sub(entry, data)
