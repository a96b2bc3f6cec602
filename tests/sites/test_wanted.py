from __future__ import annotations

from time import perf_counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from promote.image import Repository, parse_repository
from promote.sites.claim import Claim
from promote.sites.finders import read_file
from promote.sites.site import Barred, Charted
from promote.sites.wanted import Wanted
from promote.tree import Globs


def _repository(text: str) -> Repository:
    found = parse_repository(text)
    assert found is not None
    return found


def _claim(app: str, *names: str, aliases: tuple[str, ...] = (), path: str | None = None) -> Claim:
    return Claim(app, tuple(map(_repository, names)), aliases, None, None if path is None else Globs((path,)))


FAMILY = Claim("*", pattern="ghcr.io/acme/{app}")
WEB = _repository("ghcr.io/acme/web")


@pytest.mark.parametrize(
    "written", ["", "Web", "ghcr.io/acme/web:1", "ghcr.io/acme/web@sha256:0", "acme/web", "ghcr.io/acme/we", "{{ x }}"]
)
def test_2_1_what_matches_nothing(written: str) -> None:
    assert Wanted((_claim("web", "ghcr.io/acme/web"),)).match(written) is None


def test_2_1_an_explicit_app_wins_over_a_family() -> None:
    wanted = Wanted((FAMILY, _claim("shop", "ghcr.io/acme/web")))
    assert wanted.apps_of(WEB, b"a") == ("shop",)
    assert wanted.apps_of(_repository("ghcr.io/acme/api"), b"a") == ("api",)
    assert wanted.apps_of(_repository("ghcr.io/other/api"), b"a") == ()


def test_2_1_two_apps_or_families_that_claim_one_image_are_both_told() -> None:
    assert Wanted((_claim("a", "ghcr.io/acme/web"), _claim("b", "ghcr.io/acme/web"))).apps_of(WEB, b"f") == ("a", "b")
    other = Claim("we*", pattern="ghcr.io/acme/{app}")
    assert Wanted((FAMILY, other)).apps_of(WEB, b"f") == ("web", "web")
    assert Wanted((FAMILY, other)).apps_of(_repository("ghcr.io/acme/api"), b"f") == ("api",)


@pytest.mark.parametrize(
    ("pattern", "name", "image", "app"),
    [
        ("ghcr.io/acme/{app}", "*", "ghcr.io/acme/a/b", None),
        ("ghcr.io/acme/{app}", "x-*", "ghcr.io/acme/web", None),
        ("ghcr.io/acme/{app}", "w*", "ghcr.io/acme/web", "web"),
        ("ghcr.io/{app}/server", "*", "ghcr.io/web/server", "web"),
        ("ghcr.io/acme/{app}-web", "*", "ghcr.io/acme/shop-web", "shop"),
        ("acme/{app}", "*", "docker.io/acme/web", "web"),
        ("ghcr.io/a.b/{app}", "*", "ghcr.io/axb/web", None),
    ],
)
def test_2_1_families(pattern: str, name: str, image: str, app: str | None) -> None:
    wanted = Wanted((Claim(name, pattern=pattern),))
    assert wanted.apps_of(_repository(image), b"f") == (() if app is None else (app,))
    assert (wanted.match(image) is None) is (app is None)


def test_2_2_aliases_mean_the_first_image() -> None:
    wanted = Wanted((_claim("web", "ghcr.io/acme/web", "ghcr.io/acme/web-migrate", aliases=("web", "shop/web")),))
    assert wanted.match("web") == wanted.match("shop/web") == WEB
    # An image of its own name is that image.
    both = Wanted((_claim("web", "ghcr.io/acme/web", aliases=("nginx",)), _claim("nginx", "nginx")))
    assert both.match("nginx") == _repository("docker.io/library/nginx")


def test_2_4_a_path_narrows_a_claim() -> None:
    wanted = Wanted((_claim("a", "ghcr.io/acme/web", path="a/**"), _claim("b", "ghcr.io/acme/web", path="b/**")))
    assert wanted.apps_of(WEB, b"a/values.yaml") == ("a",)
    assert wanted.apps_of(WEB, b"b/values.yaml") == ("b",)
    assert wanted.apps_of(WEB, b"c/values.yaml") == ()
    assert wanted.named_in(b"ghcr.io/acme/web", b"a/x") == ("a",)


def test_everything_belongs_to_the_app_of_its_own_name() -> None:
    wanted = Wanted((), everything=True)
    assert wanted.apps_of(_repository("nginx"), b"f") == ("nginx",)
    assert wanted.may_name(b"")


@pytest.mark.parametrize(
    ("data", "apps"),
    [
        (b"image: ghcr.io/acme/webshop:1", ()),
        (b"image: ghcr.io/acme/web/x:1", ()),
        (b"image: my-acme/web:1", ()),
        (b"image: ghcr.io/acme/web:1", ("web",)),
        (b"'acme/web'", ("web",)),
        (b"\xff acme/web", ("web",)),
        (b"name: shop\n", ("web",)),
        ("name: shop\n".encode("utf-16"), ("web",)),
    ],
)
def test_11_6_a_file_that_cannot_be_read_bars_the_apps_that_it_names(data: bytes, apps: tuple[str, ...]) -> None:
    wanted = Wanted((_claim("web", "ghcr.io/acme/web", aliases=("shop",)), _claim("api", "ghcr.io/acme/api")))
    assert wanted.named_in(data, b"f") == apps
    stream, hits = read_file(b"f.yaml", data + b"\n{\n", wanted, ())
    assert stream is None
    assert tuple(hit.app for hit in hits if isinstance(hit, Barred)) == apps


@pytest.mark.parametrize(
    ("data", "apps"),
    [
        (b"image: bitnami/nginx:1", ()),
        (b"image: nginx-exporter:1", ()),
        (b"image: ghcr.io/other/svc-a:1", ()),
        (b"image: ghcr.io/acme/svc-:1", ()),
        # An explicit app's image is no member's.
        (b"image: ghcr.io/acme/svc-own:1", ("own",)),
        (b"image: nginx:1", ("nginx",)),
        (b"image: library/nginx", ("nginx",)),
        (b"image: docker.io/nginx@sha256:0", ("nginx",)),
        (b"image: ghcr.io/acme/svc-b:1\nx: acme/svc-a", ("svc-a", "svc-b")),
        (b"image: hub-x:1\n", ("x",)),
        (b"image: bitnami/hub-x:1\n", ()),
        (b"image: quay.io/y:1\nz: y\n", ("y",)),
        (b"name: my shop\n", ("own",)),
    ],
)
def test_11_6_members_of_families_and_short_names_are_named_too(data: bytes, apps: tuple[str, ...]) -> None:
    """Nobody was barred by a broken file that names them."""
    own = _claim("own", "ghcr.io/acme/svc-own", aliases=("my shop",))
    families = [
        Claim("svc-*", pattern="ghcr.io/acme/{app}"),
        Claim("x", pattern="hub-{app}"),
        Claim("y", pattern="quay.io/{app}"),
    ]
    assert Wanted((own, _claim("nginx", "nginx"), *families)).named_in(data, b"f") == apps


def test_naming_apps_takes_one_look_at_each_word() -> None:
    """With 5,000 apps a file was searched 5,000 times; and a word with many slashes has as many endings."""
    wanted = Wanted((*(_claim(f"a{n}", f"ghcr.io/acme/app-{n}") for n in range(5_000)), FAMILY))
    data = b"image: ghcr.io/acme/app-7:1\n" * 1_000 + b"a/" * 500_000 + b"\nacme/app-4999\n"
    start = perf_counter()
    assert wanted.named_in(data, b"f") == ("a7", "a4999")
    assert perf_counter() - start < 3


def test_2_6_a_policy_that_an_app_names_wins_over_a_familys() -> None:
    family = Claim("s-*", pattern="ghcr.io/acme/{app}", imagepolicy="flux:{app}")
    one = Claim("one", (WEB,), imagepolicy="flux:s-1")
    wanted = Wanted((family, one, Claim("two", (WEB,), imagepolicy="flux:s-1")))
    names = ("flux:s-1", "flux:s-2", "other:one", "flux:x")
    assert [wanted.bound(name) for name in names] == ["one", "s-2", "one", None]


def test_2_1_the_images_of_an_app_and_of_a_member() -> None:
    wanted = Wanted((FAMILY, _claim("web", "nginx", "ghcr.io/acme/web")))
    assert [str(each) for each in wanted.images_of("web")] == ["docker.io/library/nginx", "ghcr.io/acme/web"]
    assert [str(each) for each in wanted.images_of("api")] == ["ghcr.io/acme/api"]
    assert wanted.first_of("Api!") is None
    assert [claim.app for claim in wanted.claims_of("web")] == ["web", "*"]


@pytest.mark.parametrize(
    "data",
    [
        b"image: ghcr.io/acme/web:1",
        b"registry: ghcr.io\nrepository: acme/web",
        b"name: web",
        b'image: "ghcr.io/acme/w\\x65b:1"',
        b'image: "ghcr.io/acme/w\\\n  eb:1"',
        b'image: "ghcr.io\\/acme\\/web:1"',
    ],
)
@pytest.mark.parametrize("many", [False, True])
def test_2_3_the_screen_lets_every_spelling_through(data: bytes, *, many: bool) -> None:
    others = [_claim(f"app{n}", f"ghcr.io/acme/app{n}") for n in range(40 * many)]
    assert Wanted((_claim("web", "ghcr.io/acme/web"), *others)).may_name(data)


@pytest.mark.parametrize("alias", ["my web", "web:", "ключ", "a/b c"])
def test_2_3_the_screen_knows_aliases_of_any_characters(alias: str) -> None:
    others = [_claim(f"app{n}", f"ghcr.io/acme/app{n}") for n in range(40)]
    wanted = Wanted((_claim("web", "ghcr.io/acme/zzz", aliases=(alias,)), *others))
    assert wanted.may_name(f"images: [{{name: '{alias}', newTag: '1'}}]\n".encode())


def test_2_3_the_screen_keeps_most_files_out() -> None:
    few, many = (Wanted(tuple(_claim(f"a{n}", f"ghcr.io/acme/app-{n}") for n in range(count))) for count in (1, 5_000))
    for wanted in (few, many):
        assert not wanted.may_name(b"image: nginx:1.25\nname: \\d+ app\n")
    assert not many.may_name(b"x: my-app-77\n")


SEGMENT = st.from_regex(r"\A[a-z0-9]{1,4}((\.|_|__|-)[a-z0-9]{1,3}){0,2}\Z")
NAMES = st.lists(SEGMENT, min_size=1, max_size=3).map("/".join).filter(lambda name: parse_repository(name) is not None)
HOSTS = st.sampled_from(["", "ghcr.io/", "localhost:5000/", "registry.example.com/"])


@settings(max_examples=300)
@given(st.lists(st.tuples(HOSTS, NAMES), min_size=1, max_size=30), st.data())
def test_2_3_the_screen_is_never_wrong_when_it_says_no(names: list[tuple[str, str]], choose: st.DataObject) -> None:
    kind = choose.draw(st.sampled_from(["image", "alias", "family"]))
    host, path = choose.draw(st.sampled_from(names))
    if kind == "family":
        before, slash, _ = path.rpartition("/")
        tail = choose.draw(st.sampled_from(["", "-x"]))
        claims = [Claim("*", pattern=f"{host}{before}{slash}{{app}}{tail}")]
        path += tail
    else:
        claims = [Claim(f"a{n}", (_repository(h + p),), (f"alias/{p}",)) for n, (h, p) in enumerate(names)]
    name = f"alias/{path}" if kind == "alias" else host + path
    registry, _, rest = name.partition("/")
    texts = [
        f"image: {name}:1.0",
        f"image: '{name}@sha256:{'0' * 64}'",
        f"images: [{{name: \"{name}\", newTag: '1'}}]",
        f"# é\r\nweb:\r\n  image:\r\n    repository: {name}\r\n    tag: '1'\r\n",
        *([f"image: {{registry: {registry}, repository: {rest}, tag: '1'}}"] if rest and host else []),
    ]
    data = choose.draw(st.sampled_from(texts)).encode()
    wanted = Wanted(tuple(claims))
    file = b"kustomization.yaml" if data.startswith(b"images") else b"values.yaml"
    _, hits = read_file(file, data, wanted, ())
    if any(not isinstance(hit, Charted) and hit.repository is not None for hit in hits):
        assert wanted.may_name(data)
