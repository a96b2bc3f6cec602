"""Tags and facts over HTTP: a real registry, seen through a proxy that pages and fails as asked."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from promote.errors import RegistryAbsent, RegistryDenied, RegistryError, RegistryUnreachable, RegistryUnreadable
from promote.image import Repository
from promote.question import Absent, Known, What
from promote.registry.settings import HostSettings
from promote.transport.retry import Patience
from tests.clock import FakeClock
from tests.registry.conftest import PATH, TAGS, Ask
from tests.servers import proxy as faults
from tests.servers.proxy import Fault, FaultyProxy
from tests.servers.registry import RunningRegistry, needed
from tests.servers.seed import ImageSpec, build, push, write_layout, write_storage

DIGEST: frozenset[What] = frozenset({"digest"})
CREATED: frozenset[What] = frozenset({"created"})
ALL: frozenset[What] = frozenset({"digest", "created", "platforms", "labels"})
# Where, what and what to do; the URL begins it.
SENTENCE = re.compile(r"https?://[^ ]+: [^;]+; .+\Z")


def test_tags_of_a_registry_without_paging_are_sorted(ask: Ask, registry: RunningRegistry) -> None:
    assert ask().tags(Repository(registry.host, PATH)) == tuple(sorted(TAGS))


@pytest.mark.parametrize("absolute", [False, True])
def test_every_page_is_followed(ask: Ask, proxy: FaultyProxy, web: Repository, absolute: bool) -> None:
    proxy.page_size, proxy.absolute_links = 2, absolute
    assert ask().tags(web) == tuple(sorted(TAGS))
    assert len(proxy.log) == 3
    assert proxy.paths()[0].endswith("?n=1000")


def test_a_thousand_pages_take_a_request_each(ask: Ask, proxy: FaultyProxy, registry: RunningRegistry) -> None:
    folder = registry.storage / "docker/registry/v2/repositories/acme/many/_manifests/tags"
    for number in range(1000):
        (folder / f"v{number}").mkdir(parents=True)
    proxy.page_size = 10
    assert len(ask().tags(Repository(proxy.host, "acme/many"))) == 1000
    assert len(proxy.log) == 100


def test_an_emptied_repository_has_no_tags(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("tags", faults.says(b'{"name":"acme/web","tags":null}'))
    assert ask().tags(web) == ()


@pytest.mark.parametrize("odd", ["a b", "1.0\n2.0", "\u001b[2J", "", "é", "-1", "x" * 300])
def test_a_name_that_cannot_be_a_tag_fails_no_list(ask: Ask, proxy: FaultyProxy, web: Repository, odd: str) -> None:
    proxy.fail("tags", faults.says(json.dumps({"tags": ["1.0", odd]}).encode()))
    assert ask().tags(web) == tuple(sorted(["1.0", odd]))


def test_a_digest_needs_one_head(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    digest = build(TAGS["1.0.0"]).root
    assert ask().facts(web, "1.0.0", DIGEST) == Known(digest)
    assert ask().facts(web, digest, DIGEST) == Known(digest)
    assert [asked.method for asked in proxy.log] == ["HEAD", "HEAD"]


@pytest.mark.parametrize(
    "fault",
    [faults.status(405), faults.status(404), faults.says(b""), faults.says(b"", Docker_Content_Digest="sha256:x")],
)
def test_a_head_that_does_not_say_the_digest_is_followed_by_a_get(
    ask: Ask, proxy: FaultyProxy, web: Repository, fault: Fault
) -> None:
    proxy.fail("/manifests/", fault, 1)
    assert ask().facts(web, "1.0.0", DIGEST) == Known(build(TAGS["1.0.0"]).root)
    assert [asked.method for asked in proxy.log] == ["HEAD", "GET"]


def test_every_media_type_is_accepted(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    ask().facts(web, "1.0.0", DIGEST)
    for kind in ("oci.image.index.v1", "oci.image.manifest.v1", "manifest.list.v2", "distribution.manifest.v2"):
        assert f"{kind}+json" in proxy.log[0].accept


@pytest.mark.parametrize(
    ("tag", "created", "platforms", "labels"),
    [
        ("1.0.0", datetime(2024, 1, 1, tzinfo=UTC), ("linux/amd64",), (("team", "web"),)),
        # nanoseconds and a zone; v8 is what arm64 means
        ("1.1.0", datetime(2024, 2, 1, 10, 0, 0, 123456, UTC), ("linux/amd64", "linux/arm64"), ()),
        # the date is that of linux/amd64, though it is not the first
        ("1.2.0", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), ("linux/amd64", "linux/arm/v7"), ()),
        # the first of a nested index, and an attestation is no platform
        ("2.0.0", datetime(2024, 1, 2, 3, 4, 5, tzinfo=UTC), ("linux/s390x",), ()),
        ("undated", None, ("linux/amd64",), ()),
    ],
)
def test_facts_of_an_image(
    ask: Ask,
    web: Repository,
    tag: str,
    created: datetime | None,
    platforms: tuple[str, ...],
    labels: tuple[tuple[str, str], ...],
) -> None:
    digest = build(TAGS[tag]).root
    for reference in (tag, digest):
        assert ask().facts(web, reference, ALL) == Known(digest, created, platforms, labels)


def test_only_what_was_asked_for_is_fetched_and_told(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    known = ask().facts(web, "1.1.0", frozenset({"platforms"}))
    assert known == Known(build(TAGS["1.1.0"]).root, platforms=("linux/amd64", "linux/arm64"))
    assert [asked.method for asked in proxy.log] == ["HEAD", "GET"]


def test_what_is_no_image_has_no_date(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    chart = {"mediaType": "application/vnd.cncf.helm.config.v1+json", "digest": "sha256:" + "1" * 64}
    proxy.fail("/manifests/", faults.says(json.dumps({"schemaVersion": 2, "config": chart}).encode()))
    known = ask().facts(web, "1.0.0", ALL)
    assert isinstance(known, Known)
    assert (known.created, known.platforms, known.labels) == (None, (), ())


def test_images_pushed_by_skopeo_are_read(ask: Ask, registry: RunningRegistry, tmp_path: Path) -> None:
    layout = tmp_path / "layout"
    digests = write_layout(layout, {"3.0.0": ImageSpec(platforms=("linux/amd64", "linux/arm64"))})
    command = [needed("skopeo"), "--insecure-policy", "copy", "--all", "--preserve-digests", "--dest-tls-verify=false"]
    subprocess.run(
        [*command, f"oci:{layout}:3.0.0", f"docker://{registry.host}/acme/by-skopeo:3.0.0"],
        check=True,
        capture_output=True,
        timeout=60,
    )
    repository = Repository(registry.host, "acme/by-skopeo")
    assert ask().tags(repository) == ("3.0.0",)
    assert ask().facts(repository, "3.0.0", frozenset({"platforms"})) == Known(
        digests["3.0.0"], platforms=("linux/amd64", "linux/arm64")
    )


def test_images_pushed_over_http_are_those_written_to_storage(ask: Ask, registry: RunningRegistry) -> None:
    push(registry.host, "acme/pushed", {"1.1.0": TAGS["1.1.0"]})
    registries = ask()
    pushed, written = Repository(registry.host, "acme/pushed"), Repository(registry.host, PATH)
    assert registries.facts(pushed, "1.1.0", ALL) == registries.facts(written, "1.1.0", ALL)


def test_sixteen_threads_ask_at_once(ask: Ask, registry: RunningRegistry) -> None:
    tags = {f"1.0.{number}": ImageSpec(created=f"2024-01-01T00:00:{number % 60:02}Z") for number in range(100)}
    write_storage(registry.storage, "acme/threads", tags)
    repository, registries = Repository(registry.host, "acme/threads"), ask()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda tag: registries.facts(repository, tag, CREATED), tags))
    assert [answer.created.second for answer in answers if isinstance(answer, Known) and answer.created] == [
        number % 60 for number in range(100)
    ]


def test_an_unknown_repository_is_absent(ask: Ask, proxy: FaultyProxy) -> None:
    unknown = Repository(proxy.host, "acme/none")
    with pytest.raises(RegistryAbsent, match="NAME_UNKNOWN") as caught:
        ask().tags(unknown)
    assert SENTENCE.match(str(caught.value))
    assert isinstance(ask().facts(unknown, "1.0.0", DIGEST), Absent)


@pytest.mark.parametrize("what", [DIGEST, ALL])
@pytest.mark.parametrize("reference", ["9.9.9", "sha256:" + "0" * 64])
def test_an_unknown_tag_or_digest_is_absent(ask: Ask, web: Repository, reference: str, what: frozenset[What]) -> None:
    answer = ask().facts(web, reference, what)
    assert isinstance(answer, Absent)
    assert reference in answer.why


@pytest.mark.parametrize(
    "fault",
    [
        faults.says(b"<html>no such page</html>", "text/html", 404),
        faults.says(b"not found", "text/plain", 404),
        faults.says(b'{"errors":[{"code":"UNAUTHORIZED"}]}', code=404),
    ],
)
def test_a_404_that_is_no_registry_s_is_not_absence(
    ask: Ask, proxy: FaultyProxy, web: Repository, fault: Fault
) -> None:
    proxy.fail("/v2/", fault)
    with pytest.raises(RegistryUnreachable, match="not as a registry does"):
        ask().facts(web, "1.0.0", DIGEST)
    with pytest.raises(RegistryUnreachable, match="not as a registry does"):
        ask().tags(web)


def test_a_part_that_is_missing_is_no_absence(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    missing = b'{"errors":[{"code":"BLOB_UNKNOWN"}]}'
    proxy.fail("/blobs/", faults.says(missing, code=404))
    with pytest.raises(RegistryUnreadable, match="which is not there"):
        ask().facts(web, "1.0.0", CREATED)


def test_a_404_in_the_middle_of_paging_is_no_absence(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.page_size = 2
    proxy.fail("last=", faults.status(404))
    with pytest.raises(RegistryUnreachable):
        ask().tags(web)


NEXT = '</v2/acme/web/tags/list?last=x>; rel="next"'


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (faults.html, RegistryUnreachable, "a web page, not a list of tags"),
        (faults.says(b'{"tags":["1.0"'), RegistryUnreachable, "not a list of tags"),
        (faults.says(b'["1.0"]', "text/plain"), RegistryUnreachable, "sent as text/plain"),
        (faults.says(b'{"tags":["' + b"\xff" + b'"]}'), RegistryUnreachable, "not a list of tags"),
        (faults.says(b'{"x":' + b"[" * 200_000), RegistryUnreachable, "not a list of tags"),
        (faults.cut, RegistryUnreachable, "cut before the answer was complete"),
        (faults.hang_up, RegistryUnreachable, "cut before the answer was complete"),
        (faults.endless, RegistryUnreachable, "too long"),
        (faults.says(b"{}", Content_Length=str(1 << 40)), RegistryUnreachable, "too long"),
        (faults.says(b'{"tags":["1.0"]}', Link=NEXT), RegistryUnreachable, "again|never end"),
        (
            faults.says(b'{"tags":["1.0"]}', Link='<https://evil.example.com/v2/x?token=s3cret>; rel="next"'),
            RegistryUnreachable,
            "another host",
        ),
        (faults.status(401), RegistryDenied, "sign in"),
        (faults.status(403), RegistryDenied, "denied"),
        (faults.status(400), RegistryUnreachable, "answered 400"),
        (faults.status(304), RegistryUnreachable, "answered 304"),
        (faults.redirect("http://example.com/v2/"), RegistryUnreachable, "not https"),
        (faults.redirect("file:///etc/passwd"), RegistryUnreachable, "not https"),
        (faults.redirect("/v2/acme/web/tags/list"), RegistryUnreachable, "redirects without end"),
        (faults.status(500), RegistryUnreachable, "answered 500 5 times"),
        (faults.status(429, Retry_After="3600"), RegistryUnreachable, "asks to wait 3600 s"),
    ],
)
def test_a_fault_is_one_sentence_with_url_and_cure(
    ask: Ask, proxy: FaultyProxy, web: Repository, lines: list[str], fault: Fault, kind: type[RegistryError], said: str
) -> None:
    proxy.fail("tags/list", fault)
    with pytest.raises(kind, match=said) as caught:
        ask().tags(web)
    assert SENTENCE.match(str(caught.value)), str(caught.value)
    assert proxy.host in str(caught.value)
    assert "s3cret" not in str(caught.value) + "".join(lines)
    assert len(proxy.log) == len(lines) or fault is faults.hang_up


@pytest.mark.parametrize("fault", [faults.drip_headers, faults.drip_body, faults.stall])
def test_what_drips_ends_in_time(ask: Ask, proxy: FaultyProxy, web: Repository, fault: Fault) -> None:
    proxy.fail("tags/list", fault)
    with pytest.raises(RegistryUnreachable, match=r"no complete answer in time|no answer in time"):
        ask(timeout=0.3).tags(web)


def _wrong_body(path: str, status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return status, headers, body.replace(b"amd64", b"arm64") + b" "


def _wrong_header(path: str, status: int, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    return status, headers | {"Docker-Content-Digest": "sha256:" + "1" * 64}, body


@pytest.mark.parametrize("change", [_wrong_body, _wrong_header])
def test_content_must_have_its_digest(
    ask: Ask,
    proxy: FaultyProxy,
    web: Repository,
    change: Callable[[str, int, dict[str, str], bytes], tuple[int, dict[str, str], bytes]],
) -> None:
    proxy.change = change
    with pytest.raises(RegistryUnreachable, match="does not have its digest"):
        ask().facts(web, "1.0.0", ALL)


def test_a_configuration_must_have_its_digest(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("/blobs/", faults.says(b'{"created":"2099-01-01T00:00:00Z"}'))
    with pytest.raises(RegistryUnreachable, match="does not have its digest"):
        ask().facts(web, "1.0.0", CREATED)


@pytest.mark.parametrize(
    ("manifest", "said"),
    [
        ({"schemaVersion": 1}, "old schema 1"),
        ({"schemaVersion": 2}, "neither an image nor an index"),
        ({"manifests": [], "config": {"digest": "sha256:" + "1" * 64}}, "neither an image nor an index"),
        ({"mediaType": "application/vnd.oci.image.index.v1+json", "config": {"digest": "x"}}, "its media type"),
        ({"manifests": [{"digest": "sha256:../../x"}]}, "no digest"),
        ({"manifests": {}}, "not an image manifest"),
    ],
)
def test_a_manifest_that_may_be_read_in_two_ways_is_refused(
    ask: Ask, proxy: FaultyProxy, web: Repository, manifest: object, said: str
) -> None:
    proxy.fail("/manifests/", faults.says(json.dumps(manifest).encode()))
    with pytest.raises(RegistryUnreachable, match=said):
        ask().facts(web, "1.0.0", ALL)


@pytest.mark.parametrize("fault", [faults.status(500), faults.status(503), faults.status(429)])
def test_a_busy_server_is_asked_again(
    ask: Ask, proxy: FaultyProxy, web: Repository, clock: FakeClock, fault: Fault
) -> None:
    proxy.fail("tags/list", fault, 2)
    assert ask().tags(web) == tuple(sorted(TAGS))
    assert len(clock.slept) == 2
    assert all(0 < pause <= 1 for pause in clock.slept)


@pytest.mark.parametrize("after", ["7", "Mon, 05 Jan 2026 12:00:07 GMT"])
def test_retry_after_is_obeyed(ask: Ask, proxy: FaultyProxy, web: Repository, clock: FakeClock, after: str) -> None:
    proxy.fail("tags/list", faults.status(429, Retry_After=after), 1)
    assert ask().tags(web) == tuple(sorted(TAGS))
    assert 7 <= clock.slept[0] < 8


@pytest.mark.parametrize("after", ["soon", "-5", "Mon, 99 Jan 2026", "²"])
def test_a_retry_after_that_says_nothing_is_not_obeyed(
    ask: Ask, proxy: FaultyProxy, web: Repository, clock: FakeClock, after: str
) -> None:
    proxy.fail("tags/list", faults.status(503, Retry_After=after.encode().decode("latin-1")), 1)
    assert ask().tags(web) == tuple(sorted(TAGS))
    assert clock.slept[0] <= 1


def test_patience_is_bounded(ask: Ask, proxy: FaultyProxy, web: Repository, clock: FakeClock) -> None:
    proxy.fail("tags/list", faults.status(503, Retry_After="4"))
    with pytest.raises(RegistryUnreachable, match="answered 503 3 times, and asks to wait 4 s"):
        ask(patience=Patience(tries=9, seconds=10)).tags(web)
    assert sum(clock.slept) < 10


def test_a_kept_connection_that_was_closed_is_opened_again(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("tags/list", faults.hang_up, 1)
    assert ask().tags(web) == tuple(sorted(TAGS))


def test_a_host_that_is_not_there(ask: Ask) -> None:
    with pytest.raises(RegistryUnreachable, match="connection was refused"):
        ask().tags(Repository("127.0.0.1:1", PATH))
    with pytest.raises(RegistryUnreachable, match="name is not known"):
        ask().tags(Repository("registry.invalid", PATH))


def test_a_blob_may_be_elsewhere(ask: Ask, proxy: FaultyProxy, web: Repository) -> None:
    proxy.fail("/blobs/", lambda handler: faults.redirect(f"http://{proxy.elsewhere}{handler.path}")(handler), 1)
    known = ask().facts(web, "1.0.0", CREATED)
    assert isinstance(known, Known)
    assert known.created == datetime(2024, 1, 1, tzinfo=UTC)


def test_settings_are_by_host(ask: Ask, web: Repository) -> None:
    registries = ask({"other.example.com": HostSettings(layout=Path("/nowhere"))})
    assert registries.tags(web) == tuple(sorted(TAGS))
