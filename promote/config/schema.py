"""The JSON Schema of promote.yaml, from the types that also read it: draft 2020-12."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from promote.config.notify_settings import NotifySettings
from promote.config.settings import AppSettings, FromSettings, Settings, TargetSettings
from promote.gates.settings import GateSettings, VerifySettings
from promote.policy.settings import OrderSettings, PolicySettings
from promote.secret import SecretSettings

# Of these keys exactly one must be there.
_CHOICES: Mapping[type[Struct], tuple[str, ...]] = {
    AppSettings: AppSettings.ONE_OF,
    FromSettings: FromSettings.ONE_OF,
    GateSettings: GateSettings.ONE_OF,
    NotifySettings: NotifySettings.ONE_OF,
    SecretSettings: SecretSettings.ONE_OF,
    TargetSettings: TargetSettings.ONE_OF,
    VerifySettings: VerifySettings.ONE_OF,
    PolicySettings: ("semver", "order"),
    OrderSettings: OrderSettings.CHOICES,
}


def json_schema() -> dict[str, Any]:
    """A fresh schema, for editors and for `promote schema`."""
    schema: dict[str, Any] = msgspec.json.schema(Settings)
    for kind, names in _CHOICES.items():
        schema["$defs"][kind.__name__]["oneOf"] = [{"required": [name]} for name in names]
    # Through JSON and back: defaults of the types are tuples and Structs.
    whole: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(schema))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "promote.yaml",
        "description": (Settings.__doc__ or "").strip(),
        **whole,
    }
