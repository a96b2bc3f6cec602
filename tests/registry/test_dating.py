"""When an image was made: the first usable word of its annotations, its configuration and its label."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from promote.image import Repository
from promote.question import Known, What
from promote.registry.dating import dated
from tests.registry.conftest import Ask
from tests.servers.proxy import FaultyProxy
from tests.servers.registry import RunningRegistry
from tests.servers.seed import ImageSpec, write_storage

CREATED: frozenset[What] = frozenset({"created"})
LABEL = "org.opencontainers.image.created"
ZERO = "0001-01-01T00:00:00Z"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
BOTH = ("linux/amd64", "linux/arm64")


def day(number: int) -> str:
    return f"2024-05-{number:02}T00:00:00Z"


def moment(number: int) -> datetime:
    return datetime(2024, 5, number, tzinfo=UTC)


# The requests that each needs: the image itself, a platform's manifest, a configuration.
@pytest.mark.parametrize(
    ("spec", "created", "undated", "requests"),
    [
        # nobody says
        (ImageSpec(created=None), None, "", 2),
        (ImageSpec(created="", labels={LABEL: ""}), None, "", 2),
        (ImageSpec(created=ZERO), None, "", 2),
        (ImageSpec(created="yesterday"), None, "its `created` 'yesterday' is no date", 2),
        (ImageSpec(created="2024-13-01T00:00:00Z"), None, "its `created` '2024-13-01T00:00:00Z' is no date", 2),
        (
            ImageSpec(created="\x1b[2J", labels={LABEL: "x" * 500}),
            None,
            f"its `created` '\\x1b[2J' is no date, its label {LABEL} '{'x' * 80}' is no date",
            2,
        ),
        # 1970 stands where nobody knows better
        (ImageSpec(created="1970-01-01T00:00:00Z"), EPOCH, "", 2),
        (ImageSpec(created="1970-01-01T00:00:00Z", labels={LABEL: "a"}), EPOCH, f"its label {LABEL} 'a' is no date", 2),
        (ImageSpec(of_manifest="1970-01-01T00:00:00Z", created=None), EPOCH, "", 2),
        # the label, where the configuration does not say
        (ImageSpec(created=None, labels={LABEL: day(1)}), moment(1), "", 2),
        (ImageSpec(created=ZERO, labels={LABEL: day(1)}), moment(1), "", 2),
        (ImageSpec(created="1970-01-01T00:00:00Z", labels={LABEL: day(1)}), moment(1), "", 2),
        (ImageSpec(created="yesterday", labels={LABEL: day(1)}), moment(1), "", 2),
        (ImageSpec(created=day(2), labels={LABEL: day(1)}), moment(2), "", 2),
        # an annotation needs no further request
        (ImageSpec(created=day(2), of_manifest=day(3)), moment(3), "", 1),
        (ImageSpec(created=day(2), of_manifest="soon"), moment(2), "", 2),
        (ImageSpec(created=day(2), of_manifest=day(3), of_index=day(4), platforms=BOTH), moment(4), "", 1),
        (ImageSpec(created=day(2), of_manifest=day(3), of_index="soon", platforms=BOTH), moment(3), "", 2),
        (ImageSpec(created=day(2), of_manifest=day(3), platforms=BOTH), moment(3), "", 2),
        (ImageSpec(created=day(2), of_manifest=ZERO, of_index=ZERO, platforms=BOTH), moment(2), "", 3),
        (ImageSpec(created=day(2), of_index=day(4), nested=True, attested=True), moment(4), "", 1),
    ],
)  # fmt: skip
def test_a_date_is_that_of_the_first_place_that_says_one(
    ask: Ask,
    proxy: FaultyProxy,
    registry: RunningRegistry,
    request: pytest.FixtureRequest,
    spec: ImageSpec,
    created: datetime | None,
    undated: str,
    requests: int,
) -> None:
    path = f"dates/{abs(hash(request.node.name))}"
    digest = write_storage(registry.storage, path, {"1.0": spec})["1.0"]
    known = ask().facts(Repository(proxy.host, path), "1.0", CREATED)
    assert known == Known(digest, created=created, undated=undated)
    assert len([asked for asked in proxy.log if asked.method == "GET"]) == requests


def test_labels_still_come_from_the_configuration(ask: Ask, proxy: FaultyProxy, registry: RunningRegistry) -> None:
    spec = ImageSpec(created=day(2), of_manifest=day(3), labels={"team": "web"})
    digest = write_storage(registry.storage, "dates/labels", {"1.0": spec})["1.0"]
    known = ask().facts(Repository(proxy.host, "dates/labels"), "1.0", frozenset({"created", "labels"}))
    assert known == Known(digest, created=moment(3), labels=(("team", "web"),))


@pytest.mark.parametrize("text", [5, True, ["2024-05-01T00:00:00Z"], {"a": 1}])
def test_what_is_no_text_is_no_date(text: object) -> None:
    found, why = dated([("`created`", text), ("label", day(1))])
    assert (found, why) == (moment(1), "")
    assert dated([("`created`", text)]) == (None, f"its `created` of another kind ({type(text).__name__}) is no date")


@given(
    st.datetimes(min_value=datetime(1971, 1, 2), max_value=datetime(9998, 1, 1)),
    st.integers(min_value=-23 * 60, max_value=23 * 60),
)
def test_every_rfc_3339_date_is_read_in_utc(naive: datetime, minutes: int) -> None:
    written = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert dated([("`created`", written.isoformat())]) == (written.astimezone(UTC), "")


@given(st.lists(st.text(max_size=40), max_size=4))
def test_no_text_breaks_it_and_what_is_told_can_be_printed(texts: list[str]) -> None:
    found, why = dated(("`created`", text) for text in texts)
    assert why.isprintable()
    assert found is None or why == "" or found.year <= 1970
