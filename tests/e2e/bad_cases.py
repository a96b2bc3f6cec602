"""The tables of bad input: words, promote.yaml, files; what each must end with is told beside it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.e2e.gitops import (
    NEW_WEB,
)

PASSWORD = "correct-horse-battery"
WEB_FILE = "envs/dev/web/kustomization.yaml"
SET_WEB = ("set", "dev", f"web={NEW_WEB}")


@dataclass(frozen=True)
class Case:
    """A command that must fail: `says` are regular expressions, all of which its one message matches.

    `config` is the whole of promote.yaml and `more` what is appended to it; {host}, {down} and {url} are filled in.
    """

    name: str
    words: tuple[str, ...]
    code: int
    says: tuple[str, ...]
    config: str | None = None
    more: str = ""
    content: Mapping[str, bytes | str] = field(default_factory=dict)
    without: tuple[str, ...] = ()
    messages: int = 1


def _apps(*lines: str) -> str:
    return "version: 1\napps:\n" + "".join(f"  {line}\n" for line in lines)


ONE_APP = "version: 1\napps: {{web: {{image: {host}/acme/web}}}}\n"
DEEP = b"image: {host}/acme/web:1.4.0\nx: " + b"[" * 100_000 + b"]" * 100_000 + b"\n"

USAGE = (
    Case("no-such-command", ("sett", "dev"), 2, ("sett",)),
    Case("no-such-option", (*SET_WEB, "--dryrun"), 2, ("--dry-run",)),
    Case("nothing-to-set", ("set", "dev"), 2, ("APP=TAG",)),
    Case("unknown-environment", ("set", "dve", "web=1.5.0"), 2, ("'dve'", "did you mean `dev`")),
    Case("unknown-environment-of-status", ("status", "prd"), 2, ("'prd'", "did you mean `prod`")),
    Case("unknown-environment-of-update", ("update", "nowhere*"), 2, ("nowhere", "dev, prod, test")),
    Case("unknown-source", ("to", "prod", "--from", "tset"), 2, ("'tset'", "did you mean `test`")),
    Case("unknown-environment-of-diff", ("diff", "dev", "prdo"), 2, ("'prdo'", "did you mean `prod`")),
    Case("unknown-app", ("set", "dev", "wbe=1.5.0"), 2, ("'wbe'", "did you mean `web`")),
    Case("unknown-app-option", ("update", "--app", "ap1"), 2, ("'ap1'", "did you mean `api`")),
    Case("unknown-image", ("set", "dev", "ghcr.io/nobody/nothing:1.0"), 2, ("nobody/nothing", "api, web")),
    Case("no-from", ("to", "dev"), 2, ("dev has no `from`", "--from ENV")),
    Case("from-itself", ("to", "prod", "--from", "prod"), 2, ("prod cannot take from itself",)),
    Case("not-fed-by-a-registry", ("update", "prod"), 2, ("prod is not fed by a registry", "promote to prod")),
    Case("two-versions", ("set", "dev", "web=1.4.1", "web=1.5.0"), 2, ("web is given two versions",)),
    Case("no-tag", ("set", "dev", "web"), 2, ("'web'", "write web=TAG")),
    Case("empty-tag", ("set", "dev", "web="), 2, ("'web='", "APP=TAG")),
    Case("empty-app", ("set", "dev", "=1.5.0"), 2, ("'=1.5.0'", "APP=TAG")),
    Case("empty-word", ("set", "dev", ""), 2, ("''", "APP=TAG")),
    Case("tag-with-an-equals-sign", ("set", "dev", "web=1.5=0"), 2, ("'web=1.5=0'",)),
    Case("tag-with-a-newline", ("set", "dev", "web=1.5.0\nx: y"), 2, (r"'web=1\.5\.0\?x: y'",)),
    Case("tag-with-a-final-newline", ("set", "dev", "web=1.5.0\n"), 2, (r"'web=1\.5\.0\?'",)),
    Case("tag-with-an-escape", ("set", "dev", "web=1.5.0\x1b[31m"), 2, (r"'web=1\.5\.0\?\[31m'",)),
    Case("tag-with-a-space", ("set", "dev", "web=1.5.0 "), 2, ("'web=1.5.0 '",)),
    Case("tag-too-long", ("set", "dev", "web=" + "1" * 129), 2, ("APP=TAG",)),
    Case("digest-too-short", ("set", "dev", "web=1.5.0@sha256:0123"), 2, ("APP=TAG",)),
    Case("write-only-of-a-url", (*SET_WEB, "--write-only"), 2, ("--write-only", "--repo", "give -C")),
    Case("no-push-of-a-url", (*SET_WEB, "--no-push"), 2, ("no clone to leave the commit in", "{url}")),
    Case("write-only-and-no-push", (*SET_WEB, "--write-only", "--no-push"), 2, ("--write-only makes no commit",)),
    Case("gate-without-a-reason", (*SET_WEB, "--skip-gate", "from"), 2, ("--skip-gate needs --reason",)),
    Case("reason-for-nothing", (*SET_WEB, "--reason", "x"), 2, ("no gate is skipped", "--skip-gate NAME")),
    Case("no-such-gate", (*SET_WEB, "--skip-gate", "soak", "--reason", "x"), 2, ("no gate 'soak'",)),
    Case("template-that-does-not-render", (*SET_WEB, "-m", "{{ nothing }}"), 2, ("template", "nothing", "summary")),
    Case("template-that-is-none", (*SET_WEB, "-m", "{% if %}"), 2, ("template",)),
    Case("template-that-reaches-out", (*SET_WEB, "-m", "{{ ''.__class__.__mro__ }}"), 2, ("template",)),
    Case("template-of-nothing", (*SET_WEB, "-m", " "), 2, ("template", "nothing")),
    Case("author-that-is-none", (*SET_WEB, "--author", "Ann"), 2, ("Ann", "NAME <EMAIL>")),
    # It passes every range, and would be a deadline that never comes.
    Case("deadline-that-is-no-number", (*SET_WEB, "--push-timeout", "nan"), 2, ("--push-timeout", "nan")),
    Case("policy-that-is-none", ("tags", "web", "--policy", "semvr:^1"), 2, ("semvr", "did you mean")),
    Case("policy-without-format", ("tags", "web", "--policy", "calver"), 2, ("calver needs a format",)),
    Case("no-such-image", ("tags", "UPPER/case"), 2, ("UPPER/case",)),
    Case("missing-config", ("status", "--config", "nowhere/promote.yaml"), 2, ("nowhere/promote.yaml", "--config")),
    Case("no-such-branch", ("status", "--branch", "nowhere"), 5, ("nowhere", "{url}")),
    Case("branch-that-is-an-option", ("status", "--branch=--upload-pack=x"), 2, ("branch",)),
)

CONFIG = (
    Case(
        "unknown-key",
        ("check",),
        2,
        (r"promote\.yaml:\d+:1", "enviroments", "did you mean `environments`"),
        more="enviroments: {{}}\n",
    ),
    Case("two-unknown-keys", ("check",), 2, (r"promote\.yaml:\d+:1",), more="x: 1\ny: 2\n", messages=2),
    Case(
        "notify-a-secret-in-the-open",
        ("status",),
        2,
        (r"promote\.yaml:\d+:24", "expected {env: NAME}"),
        more="notify: [{{slack: {{url: https://hooks.example.com/x}}}}]\n",
    ),
    Case(
        "template-without-end",
        SET_WEB,
        2,
        (r"^promote: promote\.yaml:\d+:10: the template makes a value of more than 1,048,576", "make it shorter$"),
        more="commit: {{message: \"{{{{ 'x' * 2**40 }}}}\"}}\n",
    ),
    Case(
        "source-that-is-none",
        ("status",),
        2,
        (r"promote\.yaml:5:45", "no environment `dve`", "did you mean `dev`"),
        config=ONE_APP
        + "environments:\n  dev: {{path: envs/dev}}\n  test: {{path: envs/test, from: {{any: [dev, dve]}}}}\n",
    ),
    Case(
        "gate-without-a-unit",
        ("check",),
        2,
        (r"promote\.yaml:4:43", "'24' has no unit"),
        config=ONE_APP + "environments:\n  dev: {{path: envs/dev, gates: [{{min_age: 24}}]}}\n",
    ),
    Case(
        "deliver-that-is-none",
        ("status",),
        2,
        (r"promote\.yaml:\d+:\d+", "pull-request"),
        more="defaults: {{deliver: mail}}\n",
    ),
    Case(
        "path-that-climbs",
        ("status",),
        2,
        (r"promote\.yaml:3:28", r"`?'?\.\./x", "leads out of the repository"),
        config=ONE_APP + "environments: {{dev: {{path: ../x}}}}\n",
    ),
    Case(
        "path-that-climbs-within",
        ("status",),
        2,
        ("leads out of the repository",),
        config=ONE_APP + "environments: {{dev: {{path: envs/../../x}}}}\n",
    ),
    Case(
        "path-that-is-absolute",
        ("status",),
        2,
        (r"promote\.yaml:3:28", "/etc", "is absolute"),
        config=ONE_APP + "environments: {{dev: {{path: /etc}}}}\n",
    ),
    Case(
        "target-that-climbs",
        ("status",),
        2,
        ("leads out",),
        more="targets: [{{app: web, file: ../x.yaml, path: a.b}}]\n",
    ),
    Case(
        "circle",
        ("status",),
        2,
        (r"promote\.yaml:4:\d+", "circle", "a → b → a|b → a → b"),
        config=ONE_APP + "environments:\n  a: {{path: a, from: b}}\n  b: {{path: b, from: a}}\n",
    ),
    Case(
        "takes-from-itself",
        ("status",),
        2,
        ("circle", "a → a"),
        config=ONE_APP + "environments: {{a: {{path: a, from: a}}}}\n",
    ),
    Case(
        "takes-from-nothing",
        ("status",),
        2,
        ("no environment", "dve", "did you mean"),
        config=ONE_APP + "environments: {{dev: {{path: a}}, test: {{path: b, from: dve}}}}\n",
    ),
    Case(
        "two-apps-of-one-image",
        ("status",),
        2,
        (r"promote\.yaml:\d+:\d+", "web"),
        config=_apps("web: {{image: {host}/acme/web}}", "also: {{image: {host}/acme/web}}")
        + "environments: {{dev: {{path: envs/dev}}}}\n",
    ),
    Case(
        "site-of-two-apps",
        ("status",),
        2,
        (r"envs/dev/web/kustomization\.yaml:\d+:\d+", "two apps", "also and web|web and also", "`path`"),
        config=_apps(
            "web: {{image: {host}/acme/web, path: envs/dev/**}}", "also: {{image: {host}/acme/web, path: '**/web/**'}}"
        )
        + "environments: {{dev: {{path: envs/dev}}}}\n",
    ),
    Case("wrong-version", ("status",), 2, (r"promote\.yaml:1:10", "1"), config="version: 2\n"),
    Case("not-a-mapping", ("status",), 2, (r"promote\.yaml:1:1",), config="- a\n"),
    Case("empty", ("status",), 2, (r"promote\.yaml:1:1", "empty"), config=""),
    Case("not-yaml", ("status",), 2, (r"promote\.yaml:3:1", "not YAML"), config="version: 1\napps: {{\n"),
    Case("key-twice", ("status",), 2, (r"promote\.yaml:3:1", "apps"), config="version: 1\napps: {{}}\napps: {{}}\n"),
    Case(
        "image-with-a-tag",
        ("status",),
        2,
        (r"promote\.yaml:2:\d+", "ghcr.io/a/b"),
        config="version: 1\napps: {{web: {{image: 'ghcr.io/a/b:1'}}}}\n",
    ),
    Case(
        "range-that-is-none",
        ("status",),
        2,
        (r"promote\.yaml:2:\d+",),
        config="version: 1\napps: {{web: {{image: ghcr.io/a/b, policy: {{semver: '^^1'}}}}}}\n",
    ),
    Case(
        "secret-that-may-not-be-named",
        ("status",),
        2,
        ("AWS_SECRET_ACCESS_KEY", "may not be named"),
        more="registries: {{r.example.com: {{username: x, password: {{env: AWS_SECRET_ACCESS_KEY}}}}}}\n",
    ),
    Case(
        "secret-that-is-written",
        ("status",),
        2,
        (r"promote\.yaml:\d+:\d+", "never written"),
        more=f"registries: {{{{r.example.com: {{{{username: x, password: {PASSWORD}}}}}}}}}\n",
    ),
    Case(
        "secret-that-is-not-set",
        ("update",),
        4,
        ("PROMOTE_PASSWORD", "is not set"),
        more="registries: {{'{host}': {{username: x, password: {{env: PROMOTE_PASSWORD}}}}}}\n",
        messages=2,
    ),
    Case(
        "password-in-a-repo",
        ("status",),
        2,
        (r"promote\.yaml:\d+:\d+", "password"),
        more=f"defaults: {{{{repo: 'https://x:{PASSWORD}@git.example.com/a.git'}}}}\n",
    ),
    Case("no-config", ("status",), 2, ("there is no promote.yaml", "--config"), without=("promote.yaml",)),
    Case(
        "config-that-is-a-link",
        ("status",),
        2,
        (r"promote\.yaml", "symlink|link", "plain file"),
        content={"promote.yaml": "README.md"},
    ),
    Case(
        "config-not-utf8",
        ("status",),
        2,
        (r"promote\.yaml:2:3", "not UTF-8"),
        content={"promote.yaml": b"version: 1\n# \xff\n"},
    ),
    Case(
        "config-nested-deep",
        ("status",),
        2,
        (r"promote\.yaml:2:\d+", "nested"),
        content={"promote.yaml": b"version: 1\nx: " + b"[" * 100_000},
    ),
)

FILES = (
    Case(
        "image-that-is-nowhere",
        ("set", "dev", "ghost=1.0.0"),
        3,
        ("ghost", "absent", r"no file of dev names ghost \(127\.0\.0\.1:\d+/acme/ghost\): looked in envs/dev"),
        config="version: 1\napps: {{ghost: {{image: {host}/acme/ghost}}}}\nenvironments: {{dev: {{path: envs/dev}}}}\n",
    ),
    Case(
        "folder-that-is-not-there",
        ("set", "dev", f"web={NEW_WEB}"),
        3,
        ("web", "absent", "envs/nowhere"),
        config=ONE_APP + "environments: {{dev: {{path: envs/nowhere}}}}\n",
    ),
    Case(
        "tag-that-does-not-exist",
        ("set", "dev", "web=1.4.9"),
        3,
        (r"no-such-tag: http://\S+: acme/web:1\.4\.9 is not there",),
    ),
    Case("digest-that-does-not-exist", ("set", "dev", f"web={NEW_WEB}@sha256:{'0' * 64}"), 3, ("web", "sha256:000")),
    Case("step-back", ("set", "dev", "web=1.3.0", "--no-verify-tag"), 3, ("downgrade", "--allow-downgrade")),
    Case("not-in-the-source", ("set", "test", f"web={NEW_WEB}"), 3, ("dev", "1.4.0", "--skip-gate from")),
    Case("link-to-a-file-outside", SET_WEB, 3, (WEB_FILE, "symlink"), content={WEB_FILE: "../../../../outside.yaml"}),
    Case(
        "link-to-a-file-inside",
        SET_WEB,
        3,
        (WEB_FILE, "symlink"),
        content={WEB_FILE: "../../test/web/kustomization.yaml"},
    ),
    Case(
        "link-to-a-folder-outside",
        SET_WEB,
        3,
        ("envs/dev/linked", "symlink"),
        content={"envs/dev/linked": "/etc"},
        without=("envs/dev/web",),
    ),
    Case(
        "not-utf8",
        SET_WEB,
        3,
        (WEB_FILE, "not UTF-8"),
        content={WEB_FILE: b"# \xff\nimages: [{name: {host}/acme/web, newTag: 1.4.0}]\n"},
    ),
    Case(
        "not-yaml-at-all",
        SET_WEB,
        3,
        (WEB_FILE + r":\d+:\d+", "not YAML"),
        content={WEB_FILE: b"image: {host}/acme/web:1.4.0\n\t}{\n"},
    ),
    Case("nested-deep", SET_WEB, 3, (WEB_FILE + r":2:\d+", "nested"), content={WEB_FILE: DEEP}),
    Case(
        "two-of-a-key",
        SET_WEB,
        3,
        (WEB_FILE,),
        content={WEB_FILE: b"images:\n- name: {host}/acme/web\n  newTag: 1.4.0\n  newTag: 1.4.0\n"},
    ),
    Case(
        "template",
        SET_WEB,
        3,
        ("envs/dev/web/values.yaml",),
        without=(WEB_FILE,),
        content={"envs/dev/web/values.yaml": b"image: {repository: {host}/acme/web, tag: '{{ .Values.tag }}'}\n"},
    ),
    Case(
        "place-of-two-environments",
        SET_WEB,
        3,
        ("shared-site", "test", "shared_with"),
        config=ONE_APP + "environments: {{dev: {{path: base.yaml}}, test: {{path: base.yaml}}}}\n",
        content={"base.yaml": b"image: {host}/acme/web:1.4.0\n"},
    ),
    Case(
        "versions-that-differ",
        ("to", "test", "web"),
        3,
        ("mixed", "1.4.0 at", "1.4.1 at"),
        content={"envs/dev/more.yaml": b"image: {host}/acme/web:1.4.1\n"},
    ),
)
