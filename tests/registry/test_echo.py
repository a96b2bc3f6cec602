"""A registry that says back what it was signed in with: in no message, no log and no answer is it to be read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from promote.errors import RegistryError
from promote.image import Repository, is_tag
from promote.question import Known, What
from promote.registry.registries import Registries
from promote.registry.settings import Credentials, HostSettings
from tests.registry.conftest import Ask
from tests.servers import proxy as faults
from tests.servers.proxy import FaultyProxy
from tests.servers.seed import ImageSpec, build

# Hexadecimal, so that it may stand in a digest too; and in upper case, which names of hosts are not shown in.
PASSWORD = "0DEADBEEF0C0FFEE0BADC0DE"
CI = Credentials("ci", PASSWORD)
HEADER = base64.b64encode(f"ci:{PASSWORD}".encode()).decode().rstrip("=")
BEARER = "s3cret-bearer-token"
FORBIDDEN = [each.lower() for each in (PASSWORD, HEADER, BEARER)]
CHALLENGE = 'Basic realm="x"'
DIGEST = f"sha256:{PASSWORD.lower():0<64}"

Run = Callable[[Registries, Repository], object]


def tags(registries: Registries, repository: Repository) -> object:
    return registries.tags(repository)


def facts(*what: What) -> Run:
    def ask(registries: Registries, repository: Repository) -> object:
        return registries.facts(repository, "1.0.0", frozenset(what))

    return ask


def signed_in(fault: faults.Fault, challenge: str = CHALLENGE) -> faults.Fault:
    """What is answered to who is signed in; everybody else is asked to."""

    def answer(handler: faults.ProxyHandler) -> None:
        wanted = fault if handler.headers.get("Authorization") else faults.status(401, WWW_Authenticate=challenge)
        wanted(handler)

    return answer


def _errors(code: str, status: int = 403) -> faults.Fault:
    return faults.says(json.dumps({"errors": [{"code": code}]}).encode(), code=status)


ECHOES: dict[str, tuple[Run, faults.Fault]] = {
    "location": (tags, faults.redirect(f"http://example.com/{PASSWORD}/")),
    "location, encoded": (tags, faults.redirect(f"http://example.com/{HEADER}")),
    "location, its host": (tags, faults.redirect(f"http://{PASSWORD}.example.com/")),
    "location, of this host": (tags, faults.redirect(f"/v2/{PASSWORD}/{quote(HEADER, safe='')}/tags/list")),
    "link": (tags, faults.says(b'{"tags": ["1"]}', Link=f'<https://example.com/{PASSWORD}>; rel="next"')),
    "realm": (tags, faults.status(401, WWW_Authenticate=f'Bearer realm="http://example.com/{PASSWORD}"')),
    "realm, its host": (tags, faults.status(401, WWW_Authenticate=f'Bearer realm="http://{PASSWORD}/"')),
    "scheme": (tags, faults.status(401, WWW_Authenticate=PASSWORD)),
    "code": (tags, _errors(PASSWORD)),
    "code of a 404": (
        tags,
        faults.says(b'{"errors": [{"code": "%s"}, {"code": "NAME_UNKNOWN"}]}' % PASSWORD.encode(), code=404),
    ),
    "code, no denial": (tags, _errors(PASSWORD, 418)),
    "content type": (tags, faults.says(b"{", content_type=f"text/{PASSWORD}")),
    "digest, claimed": (facts("created"), faults.says(b"{}", Docker_Content_Digest=PASSWORD)),
    "digest, proven": (facts("created"), faults.says(b"{}", Docker_Content_Digest=DIGEST)),
    "digest, believed": (facts("digest"), faults.says(b"", Docker_Content_Digest=DIGEST)),
}


@pytest.mark.parametrize(("run", "fault"), ECHOES.values(), ids=list(ECHOES))
def test_an_error_shows_no_secret(
    ask: Ask, proxy: FaultyProxy, web: Repository, lines: list[str], run: Run, fault: faults.Fault
) -> None:
    proxy.fail("/v2/", signed_in(fault))
    registries = ask({proxy.host: HostSettings(credentials=CI)})
    try:
        said = str(run(registries, web))  # of a repository that is not there the answer says so
    except RegistryError as error:
        said = f"{error} {error.args} {error.__cause__}"
    assert any(asked.authorization for asked in proxy.log)
    seen = "\n".join([said, *lines]).lower()
    assert not [secret for secret in FORBIDDEN if secret in seen], seen
    assert "***" in seen or "holds what it was signed in with" in seen


@pytest.mark.parametrize(("run", "fault"), ECHOES.values(), ids=list(ECHOES))
def test_what_is_no_secret_is_shown(
    ask: Ask, proxy: FaultyProxy, web: Repository, lines: list[str], run: Run, fault: faults.Fault
) -> None:
    """Else the test above would prove nothing: nothing that it looks for would be shown anyway."""
    proxy.fail("/v2/", fault)
    try:
        said = str(run(ask(), web))
    except RegistryError as error:
        said = str(error)
    seen = "\n".join([said, *lines]).lower()
    assert [secret for secret in FORBIDDEN if secret in seen], seen
    assert "***" not in seen


def test_a_secret_that_a_message_cuts_is_hidden(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    address = f"http://example.com/{'x' * 169}"
    proxy.fail("/v2/", signed_in(faults.redirect(f"{address}{PASSWORD}")))
    with pytest.raises(RegistryError) as caught:
        ask({proxy.host: HostSettings(credentials=CI)}).tags(web)
    assert f"redirects to '{address}***', which is not https" in str(caught.value)


def test_a_bearer_token_is_hidden_too(ask: Ask, proxy: FaultyProxy, web: Repository, lines: list[str]) -> None:
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s"'
    proxy.fail("/token", faults.says(json.dumps({"token": BEARER}).encode()))
    proxy.fail("/v2/", signed_in(faults.redirect(f"http://example.com/{BEARER}"), challenge))
    with pytest.raises(RegistryError, match=r"redirects to 'http://example.com/\*\*\*', which is not https"):
        ask().tags(web)
    assert not [line for line in lines if BEARER in line]


def test_an_identity_token_is_hidden_too(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    # Of the token server as well, which alone is sent it.
    challenge = f'Bearer realm="http://{proxy.host}/token",service="s"'
    proxy.fail("/token", faults.says(b"{", content_type=f"text/{PASSWORD}"))
    proxy.fail("/v2/", faults.status(401, WWW_Authenticate=challenge))
    with pytest.raises(RegistryError, match=r"what it holds, sent as text/\*\*\*, is not a token"):
        ask({proxy.host: HostSettings(credentials=Credentials("", "", PASSWORD))}).tags(web)


def test_a_tag_that_holds_a_secret_is_no_tag_and_the_others_count(
    ask: Ask, proxy: FaultyProxy, web: Repository
) -> None:
    names = ["1.0.0", PASSWORD, f"2.0.0-{PASSWORD.lower()}", f"3.0.0-{HEADER}", "4.0.0"]
    proxy.fail("tags/list", signed_in(faults.says(json.dumps({"tags": names}).encode())))
    found = ask({proxy.host: HostSettings(credentials=CI)}).tags(web)
    assert sorted(found) == sorted(["1.0.0", "***", "2.0.0-***", "3.0.0-***", "4.0.0"])
    assert [tag for tag in found if is_tag(tag)] == ["1.0.0", "4.0.0"]


def test_what_an_image_says_of_itself_is_hidden_too(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    made = build(ImageSpec(labels={"team": f"of {PASSWORD}"}, platforms=(f"linux/amd64/{PASSWORD}",)))

    def blob(handler: faults.ProxyHandler) -> None:
        digest = made.root if handler.path.endswith("/1.0.0") else handler.path.rpartition("/")[2]
        faults.says(made.blobs[digest], made.manifests.get(digest, "application/json"))(handler)

    proxy.fail("/v2/", signed_in(blob))
    registries = ask({proxy.host: HostSettings(credentials=CI)})
    found = registries.facts(web, "1.0.0", frozenset({"digest", "labels", "platforms"}))
    assert found == Known(made.root, None, ("linux/amd64/***",), (("team", "of ***"),))


def test_a_short_password_leaves_texts_as_they_are(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("tags/list", signed_in(faults.says(b'{"tags": ["web-1", "web-2"]}')))
    assert ask({proxy.host: HostSettings(credentials=Credentials("ci", "web"))}).tags(web) == ("web-1", "web-2")
    proxy.fail("/v2/", signed_in(_errors("DENIED")))
    with pytest.raises(RegistryError, match="acme/web"):
        ask({proxy.host: HostSettings(credentials=Credentials("ci", "web"))}).facts(web, "1", frozenset({"digest"}))
