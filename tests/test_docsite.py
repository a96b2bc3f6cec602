"""The pages of the site that come from the code: all of it is there, and the links of the others hold."""

from __future__ import annotations

import re
from typing import Annotated, get_origin, get_type_hints, is_typeddict

import click
import pytest

from docsite import documents, exits, keys, options
from docsite.fences import plain
from docsite.links import relinked
from docsite.table import code, prose, table
from promote import errors
from promote.cli.main import cli
from promote.config.schema import json_schema
from promote.notify import webhook
from promote.report import document_shape, views_shape


def test_every_option_of_every_command_is_on_the_page() -> None:
    sections = dict(re.findall(r"^## promote (\w+)\n(.*?)(?=^## |\Z)", options.page(), re.MULTILINE | re.DOTALL))
    assert sorted(sections) == sorted(cli.commands)
    for name, command in cli.commands.items():
        for option in command.params:
            if isinstance(option, click.Option):
                assert all(f"<code>{each}" in sections[name] for each in (*option.opts, *option.secondary_opts))
                assert prose(option.help or "") in sections[name]


def test_every_key_of_promote_yaml_is_on_the_page() -> None:
    page = keys.page()
    for name, node in json_schema()["$defs"].items():
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert section, name
        for key, each in node.get("properties", {}).items():
            assert f"| {code(key)} | " in section
            assert prose(each.get("description", "")) in section


def test_every_link_of_the_page_of_keys_leads_to_a_section() -> None:
    page = keys.page()
    headings = {heading.lower() for heading in re.findall(r"^## (\w+)$", page, re.MULTILINE)}
    links = set(re.findall(r"\]\(#(\w+)\)", page))
    assert links
    assert links <= headings


def test_every_key_of_every_json_document_is_on_the_page_with_a_word_of_what_it_says() -> None:
    page = documents.page()
    made = documents.objects()
    shared = {document_shape.Plan}  # what several documents begin with
    for module in (document_shape, views_shape, webhook):
        ours = {each for each in vars(module).values() if is_typeddict(each) and not each.__name__.startswith("_")}
        assert ours - shared <= set(made), "a type that no document has"
    for each in made:
        section = page.partition(f"\n## {each.__name__}\n")[2].partition("\n## ")[0]
        for key, kind in get_type_hints(each, include_extras=True).items():
            assert re.search(rf"^\| {re.escape(code(key))} \| [^|]+ \| \S[^|]+ \|$", section, re.MULTILINE), (each, key)
            assert get_origin(kind) is Annotated, (each, key)


def test_every_command_that_prints_json_has_its_document_on_the_page() -> None:
    has = {name: {each.name for each in command.params} for name, command in cli.commands.items()}
    wanted = {name for name, params in has.items() if "output" in params}
    wanted |= {f"{name} --wait" for name, params in has.items() if "waits" in params}
    wanted.add("history 'prod-*'")  # of several environments
    assert set(documents.DOCUMENTS) == wanted
    assert all(f"`promote {name}`" in documents.page() for name in wanted)


def test_every_link_of_the_page_of_json_leads_to_a_section() -> None:
    page = documents.page()
    links = set(re.findall(r"\]\(#(\w+)\)", page))
    assert links
    assert links <= {heading.lower() for heading in re.findall(r"^## (\w+)$", page, re.MULTILINE)}


def _kinds(kind: type[errors.PromoteError]) -> set[type[errors.PromoteError]]:
    return {kind}.union(*map(_kinds, kind.__subclasses__()))


def test_every_error_is_on_the_page_with_its_exit_code() -> None:
    rows = re.findall(r"^\| <code>(\w+)</code> \| (\d+) \|", exits.page(), re.MULTILINE)
    ours = {each for each in _kinds(errors.PromoteError) if each.__module__ == errors.__name__}
    assert {(name, int(exit_code)) for name, exit_code in rows} == {(each.__name__, each.exit_code) for each in ours}


@pytest.mark.parametrize(
    ("tree", "says"),
    [
        ("PromoteError  1  a fault\n├── Gone  2  is no more\n", "Gone is in the docstring and no error"),
        ("PromoteError  1  a fault\n├── Refused  4  could be done\n", "Refused ends with 3"),
    ],
)
def test_a_tree_that_is_not_that_of_the_classes(tree: str, says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errors, "__doc__", tree)
    with pytest.raises(ValueError, match=says):
        exits.page()


def test_a_cell_holds_whatever_it_is_given() -> None:
    assert table(("a", "b"), [(code("x|y `z` <w>"), prose("one | two\n  three <b> *"))]) == (
        "| a | b |\n| --- | --- |\n"
        "| <code>x&#124;y &#96;z&#96; &lt;w&gt;</code> | one &#124; two three &lt;b> &#42; |\n"
    )


@pytest.mark.parametrize(
    ("text", "place", "shown", "expected"),
    [
        ("[a](https://example.com/x)", "docs/a.md", "a.md", "[a](https://example.com/x)"),
        ("[a](#here)", "docs/a.md", "a.md", "[a](#here)"),
        ("```\n[a](../README.md)\n```\n", "docs/a.md", "a.md", "```\n[a](../README.md)\n```\n"),
        ("![a](b.png)", "README.md", "readme.md", "![a](b.png)"),
        ("[a](b.md#c)", "docs/a.md", "a.md", "[a](b.md#c)"),
        ("[a](../README.md#c)", "docs/a.md", "a.md", "[a](readme.md#c)"),
        ("[a](../../README.md)", "docs/guides/a.md", "guides/a.md", "[a](../readme.md)"),
        ("[a](../b.md)", "docs/guides/a.md", "guides/a.md", "[a](../b.md)"),
        ("[a](docs/b.md#c) and [d](CONTRIBUTING.md)", "README.md", "readme.md", "[a](b.md#c) and [d](contributing.md)"),
        ("[tests](tests/text) of [it](LICENSE)", "README.md", "readme.md", "tests of it"),
    ],
)
def test_links_that_hold_on_the_site(text: str, place: str, shown: str, expected: str) -> None:
    assert relinked(text, place, shown) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("```yaml\na\n```\n", "```yaml\na\n```\n"),
        ('```yaml title="a b"\na\n```\n', '```yaml title="a b"\na\n```\n'),
        ("```yaml min_age\na\n```\n", "```yaml\na\n```\n"),
        ("```json what else\n", "```json\n"),
        ("words ```yaml min_age\n", "words ```yaml min_age\n"),
    ],
)
def test_what_stands_behind_the_language_of_a_block(text: str, expected: str) -> None:
    assert plain(text) == expected
