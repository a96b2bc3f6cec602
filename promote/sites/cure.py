"""What to do about a place that cannot be edited, by its code: docs/formats.md says the same at more length."""

from __future__ import annotations

from collections.abc import Mapping

from promote.tree import WhyUnread

CURES = {
    "alias": "write the value out here",
    "anchor": "write the value out at the other places",
    "block-scalar": "write it on one line; if it is YAML itself, as a literal block (|)",
    "duplicate-key": "remove one of the two",
    "escaped": "write it on one line, without escapes; if it is YAML itself, as a literal block (|)",
    "lock": "remove Chart.lock, or run `helm dependency update` by hand",
    "merge-key": "write the key out in this mapping",
    "not-a-reference": "correct it",
    "not-a-scalar": "write a string there",
    "not-a-value": "let the groups of the expression take a tag or a digest, as one value or a piece of one",
    "not-utf8": "save the file as UTF-8, or list it under `ignore`",
    "not-yaml": "correct the file, or list it under `ignore`",
    "odd-marker": "write `# promote: APP`, with nothing behind it but `tag`, `digest` or `name`",
    "other-image": "name the whole image there, or set its tag there by hand",
    "other-revision": "set it to the tag by hand once, or take the repository out of `refs`",
    "range": "write one exact version there",
    "sops": "keep image tags out of encrypted files",
    "tagged": "leave the type out",
    "template": "let promote write the values that the template takes in, and list this file under `ignore`",
    "too-deep": "list the file under `ignore`",
    "unbound-marker": "say `imagepolicy` on the app that it means, or remove the marker",
}
# What to do about a file that is not read, by the reason that its tree gives.
OF_UNREAD: Mapping[WhyUnread, str] = {
    "gone": "run `promote check` again",
    "not a file": "put a file in its place, or leave it out of `path` by a `!`",
    "not checked out": "check it out, or leave it out of `path` by a `!`",
    "not readable": "let whoever runs promote read it",
    "submodule": "name its repository by `repo` on an environment of its own",
    "symlink": "name the file or the folder that it leads to in `path`",
    "too large": "leave it out of `path` by a `!`, or divide it",
}
