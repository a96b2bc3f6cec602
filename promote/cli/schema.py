"""`promote schema`: the JSON Schema of promote.yaml."""

from __future__ import annotations

import click

from promote.cli import options

EXAMPLES = """
promote schema > promote.schema.json
"""


@options.command("schema", EXAMPLES)
def schema() -> None:
    """Print the JSON Schema of promote.yaml, for editors and CI."""
    from promote.config.schema import json_schema
    from promote.report.document import dump

    click.echo(dump(json_schema()), nl=False)
