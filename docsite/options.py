"""The page of every command with its arguments and options, from click."""

from __future__ import annotations

import inspect

import click

from docsite.table import code, prose, table
from promote.cli.examples import Examples
from promote.cli.main import cli

HEAD = """# Options of every command

This page comes from the code at each build. What the commands do, with their codes and examples:
[Commands](../commands.md).
"""


def _spelling(option: click.Option, context: click.Context) -> str:
    names = [*option.opts, *option.secondary_opts]
    if option.is_flag:
        return " / ".join(code(name) for name in names)
    metavar = option.make_metavar(context)
    return ", ".join(code(f"{name} {metavar}") for name in names)


def _variables(option: click.Option) -> str:
    named = [option.envvar] if isinstance(option.envvar, str) else option.envvar or []
    return ", ".join(code(name) for name in named)


def _default(option: click.Option, context: click.Context) -> str:
    shown = option.get_help_extra(context).get("default")
    return code(shown) if shown else ""


def _section(name: str, command: click.Command, parent: click.Context) -> str:
    # With its parent, which says what its help option is called: a command keeps the one that it is first asked for.
    context = click.Context(command, parent, info_name=name)
    usage = " ".join([f"promote {name}", *command.collect_usage_pieces(context)])
    options = [one for one in command.params if isinstance(one, click.Option) and not one.hidden]
    out = [f"## promote {name}\n", f"```text\n{usage}\n```\n", f"{prose(inspect.cleandoc(command.help or ''))}\n"]
    if options:
        rows = [
            (_spelling(one, context), _variables(one), _default(one, context), prose(one.help or "")) for one in options
        ]
        out.append(table(("option", "variable", "default", "meaning"), rows))
    if isinstance(command, Examples):
        lines = "".join(f"{line.strip()}\n" for line in command.examples.strip().splitlines())
        out.append(f"```sh\n{lines}```\n")
    return "\n".join(out)


def page() -> str:
    """The whole page, the commands in the order of `promote -h`."""
    context = click.Context(cli, info_name="promote", **cli.context_settings)
    found = ((name, cli.get_command(context, name)) for name in cli.list_commands(context))
    return "\n".join([HEAD, *(_section(name, command, context) for name, command in found if command is not None)])
