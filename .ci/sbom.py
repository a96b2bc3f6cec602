"""Print the bill of materials of what promote runs on: CycloneDX 1.6, JSON, of the versions that are installed here.

Usage: sbom.py [EXTRA...]. It says the same for the same versions; the time in it is $SOURCE_DATE_EPOCH, if that is set.
"""

from __future__ import annotations

import json
import os
import sys
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import Distribution
from typing import Any

from installed import PROJECT, closure


def _licences(dist: Distribution) -> list[dict[str, Any]]:
    """As the package says it: by an expression, by a short text, or by its classifiers."""
    for expression in dist.metadata.get_all("License-Expression", []):
        return [{"expression": expression}]
    texts = [text.strip() for text in dist.metadata.get_all("License", [])]
    texts = [text for text in texts if text and "\n" not in text]
    if not texts:
        classifiers = dist.metadata.get_all("Classifier", [])
        texts = [each.rpartition(" :: ")[2] for each in classifiers if each.startswith("License :: ")]
    return [{"license": {"name": text}} for text in texts]


def _reference(name: str, dist: Distribution) -> str:
    return f"pkg:pypi/{name}@{dist.version}"


def _component(name: str, dist: Distribution) -> dict[str, Any]:
    reference = _reference(name, dist)
    kind = "application" if name == PROJECT else "library"
    told = {"type": kind, "bom-ref": reference, "name": name, "version": dist.version, "purl": reference}
    return told | ({"licenses": licences} if (licences := _licences(dist)) else {})


def bill(extras: Sequence[str], environ: Mapping[str, str]) -> dict[str, Any]:
    """The document; PackageNotFoundError where what is needed is not installed."""
    found = closure(extras=extras)
    components = {name: _component(name, each.dist) for name, each in found.items()}
    metadata: dict[str, Any] = {"component": components.pop(PROJECT)}
    if epoch := environ.get("SOURCE_DATE_EPOCH"):
        metadata["timestamp"] = datetime.fromtimestamp(int(epoch), UTC).isoformat().replace("+00:00", "Z")
    references = {name: _reference(name, each.dist) for name, each in found.items()}
    dependencies = [
        {"ref": references[name], "dependsOn": [references[want] for want in sorted(each.wants)]}
        for name, each in found.items()
    ]
    body = {"metadata": metadata, "components": list(components.values()), "dependencies": dependencies}
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(body, sort_keys=True))
    return {"bomFormat": "CycloneDX", "specVersion": "1.6", "serialNumber": f"urn:uuid:{serial}", "version": 1, **body}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(bill(sys.argv[1:], os.environ), indent=2) + "\n")
