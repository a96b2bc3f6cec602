"""A command as this program has it: examples in its help, and a cure for options as other programs call them."""

from __future__ import annotations

from typing import Any

import click

_ENV = "ENV is a word without an option, and the first"
_VERSION = "write APP=TAG, without an option"
# By the parameter that does it here: click would guess at options whose letters are alike.
_HERE: dict[str, dict[str, str]] = {
    "output": {f"--{form}": f"write -o {form}" for form in ("json", "markdown", "html")},
    "pull_request": {"--pr": "write --pull-request", "--deliver": "write --pull-request, or --commit"},
    "environment": {"--env": _ENV, "--environment": _ENV},
    "environments": {"--env": _ENV, "--environment": _ENV},
    "versions": {"--app": _VERSION, "--image": _VERSION, "--tag": _VERSION},
}


def _of(command: click.Command) -> list[dict[str, str]]:
    found = []
    for each in command.params:
        cures = _HERE.get(each.name or "", {})
        if isinstance(each.type, click.Choice):
            cures = {name: cure for name, cure in cures.items() if name.removeprefix("--") in each.type.choices}
        found.append(cures)
    return found


def _put_right(fault: click.NoSuchOption, command: click.Command) -> click.NoSuchOption:
    """The same fault, with what to write where `command` has the like under another name."""
    told = [cures[fault.option_name] for cures in _of(command) if fault.option_name in cures]
    if not told:
        return fault
    return click.NoSuchOption(fault.option_name, f"No such option '{fault.option_name}': {told[0]}.", ctx=fault.ctx)


class Examples(click.Command):
    """A command whose help ends with its examples, as they stand."""

    def __init__(self, *args: Any, examples: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = examples

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as exc:
            raise _put_right(exc, self) from exc

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_epilog(ctx, formatter)
        if self.examples:
            formatter.write_paragraph()
            formatter.write_text("Examples:")
            for line in self.examples.strip().splitlines():
                formatter.write(f"  {line.strip()}\n")
