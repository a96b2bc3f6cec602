from __future__ import annotations

import pytest

from promote.survey.stage import is_region, span_of, stage_of

DEV, TEST, STAGING, PROD = 0, 2, 6, 7


@pytest.mark.parametrize(
    "name",
    ["", "-", "web", "base", "non-prod", "not-prod", "no_prod", "stage-to-prod", "prod-dev", "product", "devices"],
)
def test_a_name_that_says_no_one_stage_is_none(name: str) -> None:
    assert stage_of(name) is None
    assert span_of(name) is None


@pytest.mark.parametrize(
    ("name", "rank", "region"),
    [
        ("dev", DEV, ""),
        ("Development", DEV, ""),
        ("test", TEST, ""),
        ("uat", 5, ""),
        ("stg", STAGING, ""),
        ("pre-prod", STAGING, ""),
        ("preproduction", STAGING, ""),
        ("live", PROD, ""),
        ("prod-eu", PROD, "eu"),
        ("eu_prod", PROD, "eu"),
        ("eu-west-1-staging", STAGING, "eu-west-1"),
        ("prod2", PROD, "2"),
        ("moc-prod", PROD, "moc"),
        # It is the graphics card that there is none of.
        ("load-non-gpu", 4, "non-gpu"),
    ],
)
def test_a_stage_and_what_besides_is_said(name: str, rank: int, region: str) -> None:
    stage = stage_of(name)
    assert stage is not None
    assert (stage.rank, stage.region) == (rank, region)


@pytest.mark.parametrize("name", ["web", "eureka", "prod", "1", "east-of-eden", "eu-west-1-extra"])
def test_what_is_no_region(name: str) -> None:
    assert not is_region(name)


@pytest.mark.parametrize(
    "name", ["eu", "US", "asia", "eu-west-1", "us-east1", "northeurope", "eastus2", "europe-west4", "us-gov-west-1"]
)
def test_regions(name: str) -> None:
    assert is_region(name)


@pytest.mark.parametrize(
    ("stem", "said"),
    [
        ("values-dev", "dev"),
        ("values.prod-eu", "prod-eu"),
        ("dev", "dev"),
        ("prod-values", "prod"),
        ("web-pre-prod", "pre-prod"),
        # What is no region belongs to the file's own name.
        ("web-staging-frontend", "staging"),
    ],
)
def test_where_a_file_says_its_stage(stem: str, said: str) -> None:
    span = span_of(stem)
    assert span is not None
    assert stem[slice(*span)] == said
