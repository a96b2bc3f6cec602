"""Files of credentials and the order of the sources."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.errors import RegistryDenied
from promote.image import parse_repository
from promote.registry.credentials.keyring import Keyring
from promote.registry.credentials.variables import variables_of
from promote.registry.settings import Credentials, HostSettings, Mirror
from tests.clock import FakeClock

HOST = "registry.example.com:5000"
PATH = "acme/web"
VARIABLE = "PROMOTE_REGISTRY_REGISTRY_EXAMPLE_COM_5000_"


def basic(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def keyring(home: Path, environ: Mapping[str, str], settings: Mapping[str, HostSettings] | None = None) -> Keyring:
    return Keyring(settings or {}, environ=environ, home=home, clock=FakeClock())


def found(tmp_path: Path, config: object, host: str = HOST) -> Credentials | None:
    (tmp_path / "config.json").write_text(config if isinstance(config, str) else json.dumps(config))
    return keyring(tmp_path / "nobody", {"DOCKER_CONFIG": str(tmp_path)}).find(host, PATH)


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"auths": None, "credHelpers": None},
        {"auths": {"other.example.com": {"auth": basic("a:b")}}},
        # in docker's file a namespace's credentials are not the host's
        {"auths": {f"{HOST}/acme": {"auth": basic("a:b")}}},
        {"credHelpers": {"other.example.com": "ecr-login"}},
    ],
)
def test_a_host_that_no_file_names_has_no_credentials(tmp_path: Path, config: object) -> None:
    assert found(tmp_path, config) is None


def test_without_a_file_there_are_no_credentials(tmp_path: Path) -> None:
    assert keyring(tmp_path, {}).find(HOST, PATH) is None


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"auth": basic("ci:pa:ss")}, Credentials("ci", "pa:ss")),
        # docker pads
        ({"auth": basic("ci:pass\0\0")}, Credentials("ci", "pass")),
        ({"username": "ci", "password": "pass"}, Credentials("ci", "pass")),
        ({"auth": basic("00000:"), "identitytoken": "long"}, Credentials("00000", "", "long")),
        ({"auth": basic("ci:pass"), "email": "a@example.com"}, Credentials("ci", "pass")),
    ],
)
@pytest.mark.parametrize("key", [HOST, f"https://{HOST}", f"https://{HOST}/v2/", f"{HOST}/v1/"])
def test_an_entry_is_found_however_its_host_is_written(
    tmp_path: Path, key: str, entry: object, expected: Credentials
) -> None:
    assert found(tmp_path, {"auths": {key: entry}}) == expected


@pytest.mark.parametrize("key", ["https://index.docker.io/v1/", "docker.io", "registry-1.docker.io"])
def test_docker_hub_is_found_by_its_old_key(tmp_path: Path, key: str) -> None:
    assert found(tmp_path, {"auths": {key: {"auth": basic("me:word")}}}, "docker.io") == Credentials("me", "word")


def test_the_exact_key_counts_first(tmp_path: Path) -> None:
    auths = {f"https://{HOST}/v1/": {"auth": basic("a:old")}, HOST: {"auth": basic("a:new")}}
    assert found(tmp_path, {"auths": auths}) == Credentials("a", "new")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ("{", "not a docker configuration"),
        ("[" * 100_000, "not a docker configuration"),
        ("{" + " " * (1 << 20) + "}", "larger than 1 MiB"),
        ({"auths": {HOST: {"auth": 5}}}, "not a docker configuration"),
        ({"auths": {HOST: {"auth": "&&&"}}}, "base64"),
        ({"auths": {HOST: {"auth": "s3crét"}}}, "base64"),
        ({"auths": {HOST: {"auth": basic("s3cret-without-colon")}}}, "base64"),
        ({"auths": {HOST: {}}}, "holds no credentials"),
    ],
)
def test_a_broken_file_is_never_silently_anonymous(tmp_path: Path, config: object, said: str) -> None:
    with pytest.raises(RegistryDenied) as caught:
        found(tmp_path, config)
    assert said in str(caught.value)
    assert str(tmp_path / "config.json") in str(caught.value)
    assert "; " in str(caught.value)
    assert "s3cr" not in str(caught.value)


def test_a_folder_in_its_place_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").mkdir()
    with pytest.raises(RegistryDenied, match="cannot be read"):
        keyring(tmp_path, {"DOCKER_CONFIG": str(tmp_path)}).find(HOST, PATH)


def test_secrets_are_not_in_repr() -> None:
    shown = repr(HostSettings(credentials=Credentials("ci", "s3cret", "s3cret-too")))
    assert "ci" in shown
    assert "s3cret" not in shown


# podman

NAMESPACES = {
    HOST: {"auth": basic("host:1")},
    f"{HOST}/acme": {"auth": basic("acme:2")},
    f"{HOST}/acme/web": {"auth": basic("web:3")},
}


@pytest.mark.parametrize(
    ("path", "user"),
    [("other", "host"), ("acmes/web", "host"), ("acme/api", "acme"), ("acme/website", "acme"), ("acme/web/x", "web")],
)
def test_the_longest_part_of_a_path_by_whole_segments_counts(tmp_path: Path, path: str, user: str) -> None:
    (tmp_path / "auth.json").write_text(json.dumps({"auths": NAMESPACES}))
    credentials = keyring(tmp_path, {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}).find(HOST, path)
    assert credentials is not None
    assert credentials.username == user


def test_another_namespace_s_credentials_are_not_used(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {f"{HOST}/secret": {"auth": basic("a:b")}}}))
    assert keyring(tmp_path, {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")}).find(HOST, PATH) is None


def test_docker_hub_s_namespaces(tmp_path: Path) -> None:
    (tmp_path / "auth.json").write_text(json.dumps({"auths": {"docker.io/library": {"auth": basic("a:b")}}}))
    ring = keyring(tmp_path, {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})
    assert ring.find("docker.io", "library/nginx") == Credentials("a", "b")
    assert ring.find("docker.io", "acme/nginx") is None


def test_where_auth_json_is(tmp_path: Path) -> None:
    runtime, settings = tmp_path / "run/containers", tmp_path / ".config/containers"
    for number, folder in enumerate((runtime, settings)):
        folder.mkdir(parents=True)
        (folder / "auth.json").write_text(json.dumps({"auths": {HOST: {"auth": basic(f"user:{number}")}}}))
    environ = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    assert keyring(tmp_path, environ).find(HOST, PATH) == Credentials("user", "0")
    (runtime / "auth.json").unlink()
    assert keyring(tmp_path, environ).find(HOST, PATH) == Credentials("user", "1")
    named = {"XDG_RUNTIME_DIR": str(tmp_path / "x"), "XDG_CONFIG_HOME": str(tmp_path / ".config")}
    assert keyring(tmp_path / "nobody", named).find(HOST, PATH) == Credentials("user", "1")


@pytest.mark.parametrize(("text", "said"), [(None, "is not there"), ("{", "not an auth.json"), ("[]", "auth.json")])
def test_an_auth_json_that_is_named_and_cannot_be_had_is_an_error(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "auth.json").write_text(text)
    ring = keyring(tmp_path, {"REGISTRY_AUTH_FILE": str(tmp_path / "auth.json")})
    for _ in range(2):
        with pytest.raises(RegistryDenied, match=said):
            ring.find(HOST, PATH)


# the environment


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("registry.example.com:5000", "PROMOTE_REGISTRY_REGISTRY_EXAMPLE_COM_5000"),
        ("docker.io", "PROMOTE_REGISTRY_DOCKER_IO"),
        ("localhost:5000", "PROMOTE_REGISTRY_LOCALHOST_5000"),
        ("127.0.0.1:5000", "PROMOTE_REGISTRY_127_0_0_1_5000"),
        ("127.0.0.1", "PROMOTE_REGISTRY_127_0_0_1"),
        ("ghcr.io", "PROMOTE_REGISTRY_GHCR_IO"),
        ("my-registry.example.com", "PROMOTE_REGISTRY_MY__REGISTRY_EXAMPLE_COM"),
        ("a--b.c-d.example.com:443", "PROMOTE_REGISTRY_A____B_C__D_EXAMPLE_COM_443"),
        ("[::1]:5000", "PROMOTE_REGISTRY____1__5000"),
    ],
)
def test_variables_are_named_after_the_host(tmp_path: Path, host: str, name: str) -> None:
    environ = {f"{name}_USERNAME": "ci", f"{name}_PASSWORD": "word"}
    assert keyring(tmp_path, environ).find(host, PATH) == Credentials("ci", "word")
    assert keyring(tmp_path, environ).find("other.example.com", PATH) is None


@pytest.mark.parametrize(("there", "missing"), [("USERNAME", "PASSWORD"), ("PASSWORD", "USERNAME")])
@pytest.mark.parametrize("empty", [{}, {f"{VARIABLE}USERNAME": "", f"{VARIABLE}PASSWORD": ""}])
def test_one_variable_without_the_other_is_an_error(
    tmp_path: Path, there: str, missing: str, empty: dict[str, str]
) -> None:
    with pytest.raises(RegistryDenied, match=f"set {VARIABLE}{missing} too") as caught:
        keyring(tmp_path, empty | {f"{VARIABLE}{there}": "s3cret"}).find(HOST, PATH)
    assert "s3cret" not in str(caught.value)


def test_empty_variables_are_none(tmp_path: Path) -> None:
    environ = {f"{VARIABLE}USERNAME": "", f"{VARIABLE}PASSWORD": ""}
    assert keyring(tmp_path, environ).find(HOST, PATH) is None


def pair(stem: str) -> dict[str, str]:
    return {f"PROMOTE_REGISTRY_{stem}_USERNAME": "ci", f"PROMOTE_REGISTRY_{stem}_PASSWORD": "s3cret"}


LISTED = HostSettings()
SIGNED_IN = HostSettings(credentials=Credentials("x", "y"))
TWINS = ("a.b.c", "a-b.c")
REFUSED = "refused"


@pytest.mark.parametrize(
    ("environ", "listed", "served"),
    [
        # The name with one `_` is that of the host with dots, whoever is asked first.
        (pair("A_B_C"), {}, {"a.b.c"}),
        (pair("A__B_C"), {}, {"a-b.c"}),
        (pair("A_B_C") | pair("A__B_C"), {}, {"a.b.c", "a-b.c"}),
        # It is the dashed host's where promote.yaml knows that one; then the other must not get it.
        (pair("A_B_C"), {"a-b.c": LISTED}, {"a-b.c"}),
        (pair("A_B_C"), {"a.b.c": LISTED}, {"a.b.c"}),
        (pair("A_B_C"), {"a.b.c": LISTED, "a-b.c": LISTED}, set()),
        # Who has a name of its own, or credentials, or is never asked, claims no other.
        (pair("A_B_C") | pair("A__B_C"), {"a-b.c": LISTED}, {"a.b.c", "a-b.c"}),
        (pair("A_B_C"), {"a-b.c": SIGNED_IN}, {"a.b.c"}),
        (pair("A_B_C"), {"a-b.c": HostSettings(layout=Path("images"))}, {"a.b.c"}),
        (pair("A_B_C"), {"a-b.c": HostSettings(mirror=Mirror("example.com"))}, {"a.b.c"}),
    ],
)
def test_10_3_variables_serve_the_same_hosts_in_whatever_order_those_are_asked(
    tmp_path: Path, environ: dict[str, str], listed: dict[str, HostSettings], served: set[str]
) -> None:
    for order in (TWINS, TWINS[::-1]):
        ring, found = keyring(tmp_path, environ, listed), set()
        for host in order:
            try:
                if ring.find(host, PATH) is not None:
                    found.add(host)
            except RegistryDenied as error:
                assert "PROMOTE_REGISTRY_A_B_C_PASSWORD could be meant for a" in str(error)  # noqa: PT017
                assert "s3cret" not in str(error)  # noqa: PT017
        assert found == served


def test_10_3_a_port_is_not_taken_for_a_name(tmp_path: Path) -> None:
    for environ, host, other in (
        (pair("A_B_5000"), "a.b:5000", "a.b.5000"),
        (pair("10_0_0_1"), "10.0.0.1", "10.0.0:1"),
        (pair("A_B_C_5000"), "a.b.c:5000", "a.b.c.5000"),
        (pair("5000_80"), "5000-80", "5000:80"),
    ):
        ring = keyring(tmp_path, environ)
        assert ring.find(other, PATH) is None
        assert (ring.find(host, PATH) is None) is ("-" in host)
        # Whoever lists such a host means it.
        assert keyring(tmp_path, environ, {other: LISTED}).find(other, PATH) is not None


LABEL = r"[a-z0-9]([a-z0-9-]{0,3}[a-z0-9])?"
HOSTS = st.from_regex(rf"{LABEL}(\.{LABEL}){{0,3}}(:[0-9]{{1,4}})?", fullmatch=True)


@given(one=HOSTS, other=HOSTS | st.just(""), data=st.data())
def test_10_3_no_two_hosts_have_the_same_variables(one: str, other: str, data: st.DataObject) -> None:
    # Most pairs differ anyway: so others are made of the first, by another reading of its variables.
    other = other or "".join(data.draw(st.sampled_from(".-:")) if each in ".-:" else each for each in one)
    if parse_repository(f"{other}/x") is None or one == other:
        return
    first, second = variables_of(one), variables_of(other)
    assert first is None or first != second


@pytest.mark.parametrize(
    ("environ", "host", "listed", "said"),
    [
        (
            {},
            "a-b.c",
            {},
            "run `docker login a-b.c`, set PROMOTE_REGISTRY_A__B_C_USERNAME and PROMOTE_REGISTRY_A__B_C_PASSWORD, "
            "or set username and password under `registries: a-b.c:`",
        ),
        # Its variables could be another host's: they are not named.
        ({}, "a.b.5000", {}, "run `docker login a.b.5000`, or set username and password under `registries:"),
        (pair("A_B_C"), "d-b.c", {}, "run `docker login d-b.c`"),
        (pair("A_B_C"), "a-b.c", {"a-b.c": LISTED}, "run `docker login a-b.c`"),
        (
            pair("A_B_C"),
            "a-b.c",
            {},
            "PROMOTE_REGISTRY_A_B_C_PASSWORD may be another host's: call it PROMOTE_REGISTRY_A__B_C_PASSWORD, "
            "or list a-b.c under `registries:` in promote.yaml",
        ),
        (
            pair("A_B_5000"),
            "a.b.5000",
            {},
            "PROMOTE_REGISTRY_A_B_5000_PASSWORD may be another host's: list a.b.5000 under `registries:`",
        ),
        ({"CI_REGISTRY": "other.example.com", "CI_REGISTRY_USER": "u"}, HOST, {}, "run `docker login"),
        ({"CI_REGISTRY": HOST, "CI_JOB_TOKEN": "t", "CI_REGISTRY_USER": "u"}, HOST, {}, "run `docker login"),
        (
            {"CI_REGISTRY": HOST},
            HOST,
            {},
            "CI_REGISTRY names this host, and CI_REGISTRY_USER and CI_REGISTRY_PASSWORD are not set: "
            "set CI_REGISTRY_USER and CI_REGISTRY_PASSWORD, or CI_JOB_TOKEN",
        ),
        ({"CI_REGISTRY": HOST, "CI_REGISTRY_USER": "u"}, HOST, {}, "and CI_REGISTRY_PASSWORD is not set: set CI_REG"),
        ({"CI_REGISTRY": HOST, "CI_REGISTRY_PASSWORD": "s3cret"}, HOST, {}, "and CI_REGISTRY_USER is not set: set CI_"),
    ],
)
def test_what_is_missing_is_named(
    tmp_path: Path, environ: dict[str, str], host: str, listed: dict[str, HostSettings], said: str
) -> None:
    ring = keyring(tmp_path, environ, listed)
    assert said in ring.cure(host)
    assert "s3cret" not in ring.cure(host)


# CI


@pytest.mark.parametrize(
    ("host", "environ"),
    [
        ("ghcr.io", {}),
        ("ghcr.io", {"GITHUB_TOKEN": ""}),
        ("ghcr.io", {"GITHUB_TOKEN": "t", "GITHUB_SERVER_URL": "https://github.example.com"}),
        ("ghcr.io.example.com", {"GITHUB_TOKEN": "t"}),
        ("docker.io", {"GITHUB_TOKEN": "t"}),
        (HOST, {"CI_REGISTRY": "other.example.com", "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "p"}),
        (HOST, {"CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "p", "CI_JOB_TOKEN": "t"}),
        ("registry.example.com", {"CI_REGISTRY": HOST, "CI_JOB_TOKEN": "t"}),
        (HOST, {"CI_REGISTRY": HOST}),
    ],
)
def test_10_3_what_ci_gives_goes_to_no_other_host(tmp_path: Path, host: str, environ: dict[str, str]) -> None:
    assert keyring(tmp_path, environ).find(host, PATH) is None


@pytest.mark.parametrize(
    ("host", "environ", "expected"),
    [
        ("ghcr.io", {"GITHUB_TOKEN": "t"}, Credentials("x-access-token", "t")),
        (
            "ghcr.io",
            {"GITHUB_TOKEN": "t", "GITHUB_ACTOR": "me", "GITHUB_SERVER_URL": "https://github.com"},
            Credentials("me", "t"),
        ),
        (
            HOST,
            {"CI_REGISTRY": HOST, "CI_REGISTRY_USER": "u", "CI_REGISTRY_PASSWORD": "p", "CI_JOB_TOKEN": "t"},
            Credentials("u", "p"),
        ),
        (HOST, {"CI_REGISTRY": HOST, "CI_JOB_TOKEN": "t"}, Credentials("gitlab-ci-token", "t")),
    ],
)
def test_what_ci_gives(tmp_path: Path, host: str, environ: dict[str, str], expected: Credentials) -> None:
    assert keyring(tmp_path, environ).find(host, PATH) == expected


# the order


def test_the_first_source_that_has_some_counts(tmp_path: Path) -> None:
    (tmp_path / ".docker").mkdir()
    config, auth = tmp_path / ".docker/config.json", tmp_path / "auth.json"
    config.write_text(json.dumps({"auths": {HOST: {"auth": basic("docker:1")}}}))
    auth.write_text(json.dumps({"auths": {HOST: {"auth": basic("podman:1")}}}))
    environ = {
        f"{VARIABLE}USERNAME": "variables",
        f"{VARIABLE}PASSWORD": "1",
        "REGISTRY_AUTH_FILE": str(auth),
        "CI_REGISTRY": HOST,
        "CI_REGISTRY_USER": "ci",
        "CI_REGISTRY_PASSWORD": "1",
    }

    def user(explicit: Credentials | None = None) -> str:
        credentials = keyring(tmp_path, environ).find(HOST, PATH, explicit)
        return "" if credentials is None else credentials.username

    assert user(Credentials("explicit", "1")) == "explicit"
    assert user() == "variables"
    del environ[f"{VARIABLE}USERNAME"], environ[f"{VARIABLE}PASSWORD"]
    assert user() == "docker"
    config.write_text("broken")
    assert user(Credentials("explicit", "1")) == "explicit"
    config.unlink()
    assert user() == "podman"
    auth.write_text("{}")
    assert user() == "ci"
    del environ["CI_REGISTRY"]
    assert user() == ""
