"""A GitOps repository behind a Git server, what is on its branches, and what a clone of it holds."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.githttp import GitHttp
from tests.servers.seed import ImageSpec, build

Files = Mapping[str, bytes]

# What a registry holds for the tests: what a policy must not take is among it.
WEB = {
    "1.4.0": ImageSpec(created="2026-01-01T00:00:00Z", labels={"n": "1"}),
    "1.4.1": ImageSpec(created="2026-01-02T00:00:00Z", labels={"n": "2"}),
    "1.5.0": ImageSpec(created="2026-01-03T00:00:00Z", platforms=("linux/amd64", "linux/arm64")),
    "1.6.0-rc.1": ImageSpec(created="2026-01-04T00:00:00Z", labels={"n": "4"}),
    "2.0.0": ImageSpec(created="2026-01-05T00:00:00Z", labels={"n": "5"}),
    "latest": ImageSpec(created="2026-01-05T00:00:00Z", labels={"n": "5"}),
}
API = {
    "main-7-0c1d2e3": ImageSpec(created="2026-01-01T00:00:00Z", labels={"n": "7"}),
    "main-12-9f8e7d6": ImageSpec(created="2026-01-02T00:00:00Z", labels={"n": "12"}),
    "main-101-4a5b6c7": ImageSpec(created="2026-01-03T00:00:00Z", labels={"n": "101"}),
    "pr-55-aaaaaaa": ImageSpec(created="2026-01-04T00:00:00Z", labels={"n": "55"}),
}
OLD_WEB, NEW_WEB = "1.4.0", "1.5.0"
OLD_API, NEW_API = "main-7-0c1d2e3", "main-101-4a5b6c7"
ENVIRONMENTS = ("dev", "test", "prod")


def config(registry: str, registries: str = "") -> str:
    """A promote.yaml of two apps over three environments."""
    return f"""\
version: 1
apps:
  web:
    image: {registry}/acme/web
    policy: {{semver: "^1.4"}}
  api:
    image: {registry}/acme/api
    policy:
      filter: {{match: '^main-(?P<n>[0-9]+)-[0-9a-f]+$', extract: '{{n}}'}}
      order: numeric
environments:
  dev:  {{path: envs/dev}}
  test: {{path: envs/test, from: dev}}
  prod: {{path: envs/prod, from: test}}
{registries}"""


def files(registry: str, *, digest: str, registries: str = "") -> dict[str, bytes]:
    """A small repository with much that a careless editor would change; `digest` is that of the old api."""
    deployment = f"""\
apiVersion: apps/v1
kind: Deployment
metadata: {{name: web}}
spec:
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec:
      containers:
        - {{name: web, image: {registry}/acme/web}}
        - {{name: proxy, image: "{registry}/acme/proxy:{OLD_WEB}"}}
"""
    out = {
        "promote.yaml": config(registry, registries).encode(),
        "README.md": f"web runs {OLD_WEB}, api runs {OLD_API}\n".encode(),
        "base/web/deployment.yaml": deployment.encode(),
        "base/web/kustomization.yaml": b"resources:\n  - deployment.yaml\n",
    }
    for name in ENVIRONMENTS:
        out[f"envs/{name}/web/kustomization.yaml"] = (
            f"# {name}: caf\u00e9 {OLD_WEB}\r\n"
            "resources:\r\n- ../../../base/web\r\n"
            "images:\r\n"
            f"-   name:  {registry}/acme/web   # not {OLD_WEB}\r\n"
            f"    newTag: '{OLD_WEB}'  # kept: '{OLD_WEB}'\r\n"
            f"- {{name: {registry}/acme/proxy, newTag: {OLD_WEB}}}"
        ).encode()
        out[f"envs/{name}/api/values.yaml"] = (
            "\ufeffreplicas:   3\n"
            f"image: {{registry: '{registry}', repository: acme/api, tag: \"{OLD_API}\", digest: {digest}}}\n"
            f"# tag: {OLD_API}\n"
        ).encode()
    return out


def web_line(version: str) -> bytes:
    """The only bytes of an environment's kustomization that tell web's version."""
    return f"newTag: '{version}'  #".encode()


def api_line(version: str, digest: str) -> bytes:
    return f'tag: "{version}", digest: {digest}'.encode()


@dataclass
class Gitops:
    """A bare repository below a Git server's root; `git` runs there with a clean environment."""

    server: GitHttp
    folder: Path
    environ: Mapping[str, str]
    clones: int = field(default=0)

    @property
    def url(self) -> str:
        return self.server.url(self.folder.name)

    def git(self, *words: str, cwd: Path | None = None, stdin: bytes | None = None) -> str:
        return self.raw(*words, cwd=cwd, stdin=stdin).decode("utf-8", "surrogateescape").strip()

    def raw(self, *words: str, cwd: Path | None = None, stdin: bytes | None = None) -> bytes:
        done = subprocess.run(
            ["git", *words],
            cwd=cwd or self.folder,
            env=dict(self.environ),
            input=stdin,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, (words, done.stderr)
        return done.stdout

    def tip(self, branch: str = "main") -> str:
        return self.git("rev-parse", f"refs/heads/{branch}")

    def refs(self) -> str:
        """All refs with what they name: the same before and after means that nothing was written."""
        return self.git("for-each-ref")

    def commits(self, branch: str = "main") -> list[str]:
        """Oldest first; a merge would stand in the way of any reader of history, and is a fault here."""
        assert self.git("rev-list", "--min-parents=2", branch) == ""
        return self.git("rev-list", "--reverse", branch).split()

    def message(self, revision: str = "main") -> str:
        return self.git("log", "-1", "--format=%B", revision)

    def trailers(self, revision: str = "main") -> list[str]:
        """As git reads them."""
        message = self.raw("log", "-1", "--format=%B", revision)
        return self.git("interpret-trailers", "--parse", stdin=message).splitlines()

    def tree(self, revision: str = "main") -> dict[str, bytes]:
        """The bytes of every file of a revision; of a symbolic link, where it leads."""
        # Not `git archive`, which would apply the attributes.
        entries = [line.split("\t") for line in self.git("ls-tree", "-r", "-z", revision).split("\0") if line]
        oids = "".join(f"{entry[0].split()[2]}\n" for entry in entries)
        left = self.raw("cat-file", "--batch", stdin=oids.encode())
        out = {}
        for head, name in entries:
            told, _, left = left.partition(b"\n")
            size = int(told.split()[2])
            out[name] = (b"-> " if head.startswith("120000") else b"") + left[:size]
            left = left[size + 1 :]
        return out

    def commit(self, changes: Mapping[str, bytes | str], *, branch: str = "main", message: str = "by hand") -> str:
        """Somebody's commit, straight on the branch; a str is where a symbolic link leads."""
        head = f"commit refs/heads/{branch}\ncommitter Other <other@example.com> 1767614400 +0000\n"
        stream = head.encode() + b"data %d\n%s\n" % (len(message.encode()), message.encode())
        if self.git("for-each-ref", f"refs/heads/{branch}"):
            stream += f"from refs/heads/{branch}^0\n".encode()
        for name, data in changes.items():
            mode = b"120000" if isinstance(data, str) else b"100644"
            raw = data.encode() if isinstance(data, str) else data
            stream += b"M %s inline %s\ndata %d\n%s\n" % (mode, name.encode(), len(raw), raw)
        self.raw("fast-import", "--quiet", stdin=stream)
        return self.tip(branch)

    def clone(self, *words: str) -> Path:
        """A person's own clone."""
        self.clones += 1
        folder = self.folder.parent.parent / f"clone-{self.clones}"
        self.git("clone", "--quiet", *words, self.url, str(folder), cwd=self.folder.parent)
        return folder


def create(server: GitHttp, environ: Mapping[str, str], content: Mapping[str, bytes | str], name: str) -> Gitops:
    """A new repository `name` with `content` as its first commit on main."""
    made = Gitops(server, server.root / name, environ)
    made.folder.mkdir()
    made.git("init", "--quiet", "--bare", "--initial-branch=main", "--template=", ".")
    with (made.folder / "config").open("a") as file:
        file.write("[http]\n\treceivepack = true\n[uploadpack]\n\tallowFilter = true\n\tallowAnySHA1InWant = true\n")
    if content:
        made.commit(content, message="The first commit")
    return made


def exactly(before: Files, after: Files, edits: Mapping[str, Iterable[tuple[bytes, bytes]]]) -> None:
    """Fails unless `after` is `before` with these edits, each of which fits at one place, and no other byte changed."""
    wanted = dict(before)
    for name, pairs in edits.items():
        for old, new in pairs:
            assert wanted[name].count(old) == 1, (name, old)
            wanted[name] = wanted[name].replace(old, new)
    assert {name for name in wanted if wanted[name] != after.get(name)} == set()
    assert wanted.keys() == after.keys()


def working_files(folder: Path) -> dict[str, bytes]:
    """The files of a clone, without Git's own."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".git" not in path.relative_to(folder).parts
    }


def write_out(folder: Path, content: Files) -> Path:
    """`content` as files below a folder."""
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def digest_of(spec: ImageSpec) -> str:
    return build(spec).root
