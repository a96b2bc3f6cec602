"""The page of the Python API says what there is: every name, and the parameters of each in their order."""

from __future__ import annotations

import inspect
import re
from functools import reduce

import pytest

from promote import api
from tests.shared import ROOT

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| (`.+?) \|", PAGE, re.MULTILINE)
NAMES = re.findall(r"`([A-Za-z_.]+)(?:\(([^`]*)\))?`", " ".join(TABLE))
CALLED = [(name, parameters) for name, parameters in NAMES if parameters]


def test_every_name_is_on_the_page() -> None:
    assert {name.split(".")[0] for name, _ in NAMES} == set(api.__all__)
    assert len(CALLED) > 15


@pytest.mark.parametrize("name", api.__all__)
def test_every_name_is_there(name: str) -> None:
    assert getattr(api, name) is getattr(api, name)


def test_no_other_name_is_there() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = api.Nothing


@pytest.mark.parametrize(("name", "parameters"), CALLED, ids=[name for name, _ in CALLED])
def test_the_parameters_are_those_of_the_page(name: str, parameters: str) -> None:
    found = reduce(getattr, name.split("."), api)
    signature = [each for each in inspect.signature(found).parameters.values() if each.name != "self"]  # type: ignore[arg-type]
    told = [each.partition("=") for each in parameters.split(", ")]
    assert [each.name for each in signature] == [each for each, _, _ in told]
    for each, (_, _, default) in zip(signature, told, strict=True):
        assert default in ("", "…") or default == repr(each.default)
        assert (each.kind is each.KEYWORD_ONLY) == bool(default)


def test_what_is_asked_of_a_session_by_name_is_there() -> None:
    for name, _ in NAMES:
        if name.startswith("Session."):
            assert hasattr(api.Session, name.removeprefix("Session."))
