"""The kinds of what can be told."""

from __future__ import annotations

from typing import Literal

# Apart from the events: promote.yaml names these, and is read where nothing is delivered.
Kind = Literal["promoted", "waiting-changed", "refused", "failed"]
