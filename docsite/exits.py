"""The page of exit codes, from the tree of errors."""

from __future__ import annotations

import inspect
import re

from docsite.table import code, prose, table
from promote import errors
from promote.report.exit import CHANGED

HEAD = """# Errors and exit codes

This page comes from the code at each build. What a code is for, and what else ends with it:
[Commands](../commands.md#exit-codes).
"""
# A line of the tree in the docstring of promote.errors: name, exit code, meaning.
LINE = re.compile(r"^(?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+) +(?P<code>\d+)  (?P<meaning>.+)$", re.MULTILINE)


def page() -> str:
    """The whole page; ValueError where the tree of the docstring is not that of the classes."""
    rows = []
    for found in LINE.finditer(inspect.cleandoc(errors.__doc__ or "")):
        kind = getattr(errors, found["name"], None)
        if not (isinstance(kind, type) and issubclass(kind, errors.PromoteError)):
            raise ValueError(f"promote.errors: {found['name']} is in the docstring and no error")
        if kind.exit_code != int(found["code"]):
            raise ValueError(f"promote.errors: {found['name']} ends with {kind.exit_code}, and its line says otherwise")
        above = kind.__mro__[1]
        rows.append(
            (
                code(found["name"]),
                str(kind.exit_code),
                code(above.__name__) if above is not Exception else "",
                prose(found["meaning"]),
            )
        )
    first = ", ".join(map(str, errors.PRECEDENCE))
    return "\n".join(
        [
            HEAD,
            f"Of several faults in one run the code is the first of {first}. With `--exit-code` a run without a fault "
            f"that changed something ends with {CHANGED}.\n",
            table(("error", "exit code", "is a", "meaning"), rows),
        ]
    )
