"""`promote --help` against `python -c 'import click'`: whole processes, the median of many, in turns.

Wanted: at most 2 times; and neither git, requests, rich nor jinja2 is imported.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

ROUNDS = 15
BARE = [sys.executable, "-c", "import click"]
HELP = [sys.executable, "-m", "promote", "--help"]
HEAVY = ("git", "requests", "rich", "jinja2")


def seconds(argv: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    pairs = [(seconds(BARE), seconds(HELP)) for _ in range(ROUNDS + 1)][1:]
    bare, help_ = (statistics.median(column) for column in zip(*pairs, strict=True))
    code = (
        "import sys; sys.argv[1:] = ['--help']\n"
        "from promote.cli.main import main\n"
        "try: main()\n"
        f"except SystemExit: print(*sorted(set(sys.modules) & set({HEAVY!r})), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    told = f"{help_ / bare:.2f} times (at most 2)"
    print(f"import click {bare * 1000:.0f} ms, promote --help {help_ * 1000:.0f} ms: {told}")
    print(f"heavy imports: {done.stderr.strip() or 'none'}")


if __name__ == "__main__":
    main()
