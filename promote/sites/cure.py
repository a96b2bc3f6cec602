"""What to do about a place that cannot be edited, by its code: docs/formats.md says the same at more length."""

from __future__ import annotations

CURES = {
    "alias": "write the value out here",
    "anchor": "write the value out at the other places",
    "block-scalar": "write it on one line",
    "duplicate-key": "remove one of the two",
    "escaped": "write it on one line, without escapes",
    "merge-key": "write the key out in this mapping",
    "not-a-reference": "correct it",
    "not-a-scalar": "write a string there",
    "not-utf8": "save the file as UTF-8, or list it under `ignore`",
    "not-yaml": "correct the file, or list it under `ignore`",
    "other-image": "name the whole image there, or set its tag there by hand",
    "sops": "keep image tags out of encrypted files",
    "tagged": "leave the type out",
    "template": "let promote write the values that the template takes in, and list this file under `ignore`",
    "too-deep": "list the file under `ignore`",
}
