"""The hooks of MkDocs: adds the pages that come from the code, and those that stand at the root of the checkout."""

from __future__ import annotations

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

from docsite import documents, exits, keys, options
from docsite.fences import plain
from docsite.links import OUTSIDE, relinked
from promote.config.schema import json_schema
from promote.report.document import dump

ROOT = Path(__file__).resolve().parents[1]


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """`files` and all that docs/ does not have."""
    made = {
        "reference/options.md": options.page(),
        "reference/keys.md": keys.page(),
        "reference/json-keys.md": documents.page(),
        "reference/exit-codes.md": exits.page(),
        "reference/promote.schema.json": dump(json_schema()),
    }
    for place, shown in OUTSIDE.items():
        text = plain((ROOT / place).read_text(encoding="utf-8"))
        made[shown] = relinked(text, place, shown)
    for path, content in made.items():
        files.append(File.generated(config, path, content=content))
    return files


def on_page_markdown(markdown: str, page: Page, **_: object) -> str:
    """A page of docs/ with the links that hold on the site."""
    if page.file.generated_by is not None:
        return markdown
    return relinked(plain(markdown), f"docs/{page.file.src_uri}", page.file.src_uri)
