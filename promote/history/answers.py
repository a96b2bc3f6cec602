"""Questions about the past → answers: those about one environment at one tip are answered by one walk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from promote.config.model import Config
from promote.errors import GitError
from promote.gitrepo.past.branch_history import History
from promote.history.walk import walk
from promote.place import Place
from promote.question import Past, Ran, Unknown

Reach = Callable[[Place, str | None], tuple[History, str]]


class Answers:
    """Answers from Git; `reach` opens the history of a place, and tells the commit that it begins at."""

    def __init__(self, config: Config, reach: Reach) -> None:
        self._config = config
        self._reach = reach

    def ran(self, questions: frozenset[Ran]) -> Mapping[Ran, Past | Unknown]:
        """An answer to each; Unknown where the history of its place could not be read."""
        together: dict[tuple[Place, str | None, str, int | None], list[Ran]] = {}
        for asked in sorted(questions, key=repr):
            together.setdefault((asked.place, asked.tip, asked.environment, asked.commits), []).append(asked)
        out: dict[Ran, Past | Unknown] = {}
        for (place, tip, environment, most), several in together.items():
            apps: dict[str, int] = {}
            for asked in several:
                apps[asked.app] = max(asked.least, apps.get(asked.app, 0))
            try:
                history, start = self._reach(place, tip)
                found = walk(self._config, history, place, start, environment, apps, most=most)
            except GitError as exc:
                out |= dict.fromkeys(several, Unknown(str(exc), exc.exit_code))
            else:
                out |= {asked: found[asked.app] for asked in several}
        return out
