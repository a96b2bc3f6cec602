"""`promote schema`: the JSON Schema of promote.yaml."""

from __future__ import annotations

from promote.cli import options
from promote.cli.shown import say

EXAMPLES = """
promote schema > promote.schema.json
"""


@options.command("schema", EXAMPLES)
def schema() -> None:
    """Print the JSON Schema of promote.yaml, for editors and CI."""
    from promote.config.schema import json_schema
    from promote.report.document import dump

    say(dump(json_schema()).removesuffix("\n"))
