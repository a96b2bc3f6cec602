"""What promote.yaml may say of the checks argocd, http, run and signature, and what becomes of its placeholders."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.gates.address import fill_url
from promote.gates.argocd import ArgocdCheck, ArgocdSettings
from promote.gates.http import HttpCheck, HttpSettings
from promote.gates.probing import standing_for
from promote.gates.run import RunCheck, RunSettings
from promote.gates.signature import SignatureCheck, SignatureSettings
from promote.image import Version
from promote.secret import SecretSettings

VALUES = {"app": "web", "environment": "test", "tag": "1.5.0", "digest": "", "cluster": "a b/c"}
TOKEN = SecretSettings(env="PROMOTE_T")

REFUSED: list[tuple[type[Any], dict[str, Any], str]] = [
    (ArgocdSettings, {"server": "argocd.example.com", "app": "a"}, "server must begin with https:// or http://"),
    (ArgocdSettings, {"server": "https://", "app": "a"}, "server must begin with"),
    (ArgocdSettings, {"server": "https://u:p@argocd.example.com", "app": "a"}, "server holds credentials"),
    (ArgocdSettings, {"server": "https://a.io", "app": ""}, "app is empty"),
    (HttpSettings, {"url": "ftp://a.io"}, "url must begin with"),
    (HttpSettings, {"url": "{app}.example.com/x"}, "url must begin with"),
    (HttpSettings, {"url": "https://a.io:x/"}, "url is no URL"),
    (HttpSettings, {"url": "https://a.io/#b"}, "a #"),
    (HttpSettings, {"url": "https://a.io/", "status": ()}, "status is empty"),
    (HttpSettings, {"url": "https://a.io/", "status": 20}, ">= 100"),
    (HttpSettings, {"url": "https://a.io/", "json": "a"}, "only together"),
    (HttpSettings, {"url": "https://a.io/", "equals": "a"}, "only together"),
    (HttpSettings, {"url": "https://a.io/", "json": "a..b", "equals": "a"}, "column 2"),
    (HttpSettings, {"url": "https://a.io/", "json": "a[b=c]", "equals": "a"}, "selectors are not read here"),
    (HttpSettings, {"url": "https://a.io/", "headers": {"a b": "c"}}, "'a b' is no name of a header"),
    (HttpSettings, {"url": "https://a.io/", "headers": {"HOST": "b.io"}}, "HOST is set by promote itself"),
    (
        HttpSettings,
        {"url": "https://a.io/", "token": {"env": "PROMOTE_T"}, "headers": {"authorization": "x"}},
        "keep one of them",
    ),
    (RunSettings, {"command": ""}, "names no program"),
    (RunSettings, {"command": ()}, "names no program"),
    (RunSettings, {"command": "a 'b"}, "cannot be split into words (no closing quotation)"),
    (RunSettings, {"command": "a", "timeout": "5"}, "has no unit"),
    (RunSettings, {"command": "a", "timeout": "0s"}, "more than 0s"),
    (RunSettings, {"command": "a", "timeout": "61m"}, "at most 1h"),
    (RunSettings, {"command": "a", "env": {"A-B": "c"}}, "'A-B' is no name of a variable"),
    (RunSettings, {"command": "a", "env": {"PATH": "c"}}, "PATH is set by promote itself"),
    (RunSettings, {"command": "a", "env": {"PROMOTE_TAG": "c"}}, "PROMOTE_TAG is set by promote itself"),
    (RunSettings, {"command": "a", "env": {"LD_PRELOAD": "c"}}, "LD_PRELOAD is set by promote itself"),
    (SignatureSettings, {}, "exactly one of key, identity, identity_regexp, and none is given"),
    (SignatureSettings, {"key": "a", "identity": "b"}, "key and identity is given"),
    (SignatureSettings, {"key": "a", "issuer": "b"}, "issuer stands beside identity"),
    (SignatureSettings, {"identity": "a"}, "issuer stands beside identity"),
    (SignatureSettings, {"identity": "a", "issuer": "b", "tlog": False}, "tlog: false says nothing without key"),
    (SignatureSettings, {"key": "/etc/cosign.pub"}, "no absolute path"),
    (SignatureSettings, {"key": "https://evil.example.com/k.pub"}, "no address"),
    (SignatureSettings, {"key": "env://HOME"}, "no address"),
    (SignatureSettings, {"key": "a/../../b"}, "without . and .."),
    (SignatureSettings, {"key": "a", "annotations": {"a": "b,c=d"}}, "'a' holds what cosign reads as the next one"),
    (SignatureSettings, {"key": "a", "annotations": {"a=b": "c"}}, "'a=b' holds what cosign reads as the next one"),
    (SignatureSettings, {"key": ""}, "without . and .."),
]


@pytest.mark.parametrize(("kind", "said", "told"), REFUSED)
def test_what_is_refused(kind: type[Any], said: dict[str, Any], told: str) -> None:
    with pytest.raises(ValueError, match=re.escape(told)):
        msgspec.convert(said, kind)


def test_an_address_that_holds_a_password_is_not_said_back() -> None:
    with pytest.raises(ValueError, match="credentials") as caught:
        HttpSettings(url="https://u:hunter22@a.io/")
    assert "hunter22" not in str(caught.value)


CHECKS: list[tuple[type[Any], dict[str, Any], object]] = [
    (
        ArgocdSettings,
        {"server": "https://argocd-{cluster}.example.com/", "app": "{app}-{environment}"},
        ArgocdCheck("https://argocd-a%20b%2Fc.example.com", "web-test"),
    ),
    (
        ArgocdSettings,
        {
            "server": "https://a.io",
            "app": "x",
            "token": {"env": "PROMOTE_T"},
            "namespace": "{environment}",
            "project": "{app}",
            "ca": "ca.pem",
        },
        ArgocdCheck("https://a.io", "x", TOKEN, "test", "web", "ca.pem"),
    ),
    (HttpSettings, {"url": "https://a.io/{cluster}?x={app}"}, HttpCheck("https://a.io/a%20b%2Fc?x=web")),
    (
        HttpSettings,
        {
            "url": "https://a.io",
            "status": (200, 204),
            "json": "apps.{cluster}[0]",
            "equals": "v{tag}",
            "token": {"env": "PROMOTE_T"},
            "headers": {"X-A": "b", "X-C": {"env": "PROMOTE_T"}},
        },
        # A value stays one key, whatever characters it holds.
        HttpCheck(
            "https://a.io", (200, 204), ("apps", "a b/c", 0), "v1.5.0", TOKEN, (("X-A", "b"), ("X-C", TOKEN)), None
        ),
    ),
    (RunSettings, {"command": "./smoke.sh '{app}' {cluster}"}, RunCheck(("./smoke.sh", "web", "a b/c"))),
    (
        RunSettings,
        {"command": ("curl", "a; b"), "timeout": "30s", "env": {"X": {"env": "PROMOTE_T"}}},
        RunCheck(("curl", "a; b"), timedelta(seconds=30), (("X", TOKEN),)),
    ),
    (SignatureSettings, {"key": "keys/{app}.pub"}, SignatureCheck("keys/web.pub")),
    (
        SignatureSettings,
        {"identity_regexp": "a{2}", "issuer": "https://i.io", "annotations": {"a": "b"}},
        SignatureCheck(None, None, "a{2}", "https://i.io", (("a", "b"),)),
    ),
]


@pytest.mark.parametrize(("kind", "said", "check"), CHECKS)
def test_what_is_probed(kind: type[Any], said: dict[str, Any], check: object) -> None:
    settings = msgspec.convert(said, kind)
    filled = settings.check().filled(VALUES)
    assert filled == check
    assert hash(filled) == hash(check)


def test_vars_hide_none_of_the_words_that_stand_for_the_version() -> None:
    values = standing_for("web", "test", Version("1.5.0"), {"tag": "x", "app": "y", "cluster": "z"})
    assert values == {"app": "web", "environment": "test", "tag": "1.5.0", "digest": "", "cluster": "z"}


@given(st.text(min_size=1))
def test_no_value_leads_an_address_to_another_host(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError:
        return
    filled = fill_url("https://{app}.example.com/x", {"app": value})
    assert filled.startswith("https://")
    assert filled.endswith(".example.com/x")
    assert not set(filled.removeprefix("https://").removesuffix(".example.com/x")) & set("/?#@\\: \r\n")
