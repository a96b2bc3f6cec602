"""How pages that are sessions are read: their files, their commands, and what they say that is printed."""

from __future__ import annotations

import pytest

from tests.e2e.sessions import Command, Written, says, steps

PAGE = """
```yaml title="a/b.yaml"
one
```

```yaml title="other: c.yaml"
two
```

```yaml
shown, and no file
```

<!-- exits 3 -->
```console
$ first \\
  goes on
$ second
prints
```

<!-- now reads -->
```yaml title="a/b.yaml"
three
```

```sh
# told
third
```
"""


def test_a_page_as_a_session() -> None:
    assert list(steps(PAGE)) == [
        Written(2, "gitops", "a/b.yaml", "one\n", now=False),
        Written(6, "other", "c.yaml", "two\n", now=False),
        Command(14, "first goes on", None, 0),
        Command(14, "second", "prints\n", 3),
        Written(22, "gitops", "a/b.yaml", "three\n", now=True),
        Command(27, "third", None, 0),
    ]


@pytest.mark.parametrize(
    ("pattern", "output", "same"),
    [
        ("web: 1.5.0", "web: 1.5.1\n", False),
        ("web: 1.5.0", "web: 1.5.0\nand more\n", False),
        ("web: 1.5.0", "more\nweb: 1.5.0\n", False),
        ("1.5", "125", False),
        ("web: 1.5.0\n", "web: 1.5.0  \n", True),
        ("web: …\nend", "web: 1.5.0\nmore\nend\n", True),
        ("…", "", True),
    ],
)
def test_what_a_page_says_that_is_printed(pattern: str, output: str, same: bool) -> None:
    assert says(pattern, output) is same
