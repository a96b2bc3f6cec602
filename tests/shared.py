"""Shared data that may lie beside the checkout: real repositories, conformance tables, API descriptions.

It is no part of the project. A test that needs it is skipped where it is absent, and CI counts those skips.
"""

from __future__ import annotations

from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"


def shared_data(name: str) -> Path:
    """The path of `name` below the shared data (`corpus/…`); skips the test where it is not there."""
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"shared data absent: {name}")
    return path
