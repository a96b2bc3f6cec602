"""What an environment holds back, read from its tip (SEMANTICS 8.3)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from promote.estate.holds import MOST_BYTES, Hold
from promote.image import Version, parse_version
from tests.clock import NOON
from tests.estate.building import Built, build, kustomization
from tests.plan.planning import WEB, sha
from tests.shared import ROOT

CONFIG = f"""
apps: {{web: {{image: {WEB}}}}}
environments: {{dev: {{path: dev}}, prod: {{path: prod}}}}
"""
FILE = ".promote/holds/prod.yaml"


def built(folder: Path, text: str | None) -> Built:
    files = {f"{name}/kustomization.yaml": kustomization(WEB, "1.4.0") for name in ("dev", "prod")}
    return build(folder, CONFIG, files if text is None else {**files, FILE: text})


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("[a", "1:3", "is not YAML"),
        ("a: 1\n---\nb: 1\n", "3:1", "one document"),
        ("- app: web\n", "1:1", "`holds`"),
        ("holds: web\n", "1:8", "a list of holds"),
        ("holds: ~\n", "1:8", "a list of holds"),
        ("hold:\n- {app: web, version: '1'}\n", "1:1", "did you mean `holds`?"),
        ("holds:\nholds:\n", "2:1", "twice"),
        ("holds: &a\n- *a\n", "2:3", "a hold is a mapping"),
        ("holds:\n- web\n", "2:3", "a hold is a mapping"),
        ("holds:\n- {app: web}\n", "2:3", "`version` is missing"),
        ("holds:\n- {version: 1.5.0}\n", "2:3", "`app` is missing"),
        ("holds:\n- {app: web, version: [1.5.0]}\n", "2:23", "is a text"),
        ("holds:\n- {app: web, version: 1.5.0, app: api}\n", "2:30", "twice"),
        ("holds:\n- {app: web, versoin: 1.5.0}\n", "2:14", "did you mean `version`?"),
        ("holds:\n- {app: web-*, version: 1.5.0}\n", "2:9", "the name of one app"),
        ("holds:\n- {app: web, version: 'a b'}\n", "2:23", "is no version"),
        ("holds:\n- {app: web, version: '*', until: soon}\n", "2:35", "is no time"),
        ("holds:\n- {app: web, version: '*', until: 2026-13-01}\n", "2:35", "no time that there is"),
        ("holds:\n- {app: web, version: '*', at: '2026-12-01T10:00:00'}\n", "2:32", "no time zone"),
        ("holds:\n- {app: web, version: 1.5.0}\n- {app: web, version: '*', more: 1}\n", "3:28", "no such key"),
    ],
)
def test_8_3_a_file_that_cannot_be_understood_says_where(tmp_path: Path, text: str, where: str, what: str) -> None:
    holds = built(tmp_path, text)["prod"].holds
    assert holds.items == ()
    assert holds.fault is not None
    assert holds.fault.why.startswith(f"{FILE}:{where}: ")
    assert what in holds.fault.why


def test_8_3_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path: Path) -> None:
    (tmp_path / ".promote" / "holds").mkdir(parents=True)
    (tmp_path / FILE).symlink_to(tmp_path / "elsewhere")
    assert "symlink" in str(built(tmp_path, None)["prod"].holds.fault)


def test_8_3_a_file_that_is_too_long_is_not_taken_for_none(tmp_path: Path) -> None:
    """`status` with 200,000 holds did not end."""
    line = "- {app: web, version: '1.5.0'}\n"
    fits = (MOST_BYTES - len("holds:\n")) // len(line)
    fault = built(tmp_path, "holds:\n" + line * (fits + 1))["prod"].holds.fault
    assert fault is not None
    assert fault.why.startswith(f"{FILE}: is larger than 1 MiB; take out by hand what need not be held back any more")


@pytest.mark.parametrize("is_link", [True, False])
def test_8_3_nor_is_one_with_something_in_its_way(tmp_path: Path, *, is_link: bool) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / ".promote").symlink_to(tmp_path / "other") if is_link else (tmp_path / ".promote").touch()
    assert "is no folder" in str(built(tmp_path, None)["prod"].holds.fault)


def test_8_3_nor_is_a_folder_of_that_name(tmp_path: Path) -> None:
    (tmp_path / FILE).mkdir(parents=True)
    (tmp_path / FILE / "a.yaml").touch()
    assert "is a folder" in str(built(tmp_path, None)["prod"].holds.fault)


@pytest.mark.parametrize("text", [None, "", "# nothing yet\n", "holds:\n", "---\nholds: []\n"])
def test_8_3_nothing_is_held(tmp_path: Path, text: str | None) -> None:
    holds = built(tmp_path, text)["prod"].holds
    assert (holds.items, holds.fault, holds.stream is None) == ((), None, text is None)


TEXT = """\
# ours
holds:
  - app: web
    version: 1.50      # a text, whatever YAML says
    by: Ann <ann@example.com>
    at: 2026-11-25T10:00:00Z
    reason: >
      it fails
      at night
  - {app: '*', version: "*", until: 2026-12-01}
"""


def test_8_3_what_a_file_says(tmp_path: Path) -> None:
    made = built(tmp_path, TEXT)
    assert made["dev"].holds.items == ()
    at, until = datetime(2026, 11, 25, 10, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    assert made["prod"].holds.items == (
        Hold("web", Version("1.50"), "Ann <ann@example.com>", at, "it fails at night", None, f"{FILE}:3:5"),
        Hold("*", None, until=until, where=f"{FILE}:10:5"),
    )
    # In the batch of all other files, and never looked at for images (1.5).
    assert [batch for batch in made.noted.batches if FILE in batch] == [
        ["dev/kustomization.yaml", "prod/kustomization.yaml", FILE]
    ]
    assert FILE.encode() not in made["prod"].entries


@pytest.mark.parametrize(
    ("held", "version", "covers", "surely"),
    [
        ("1.5.0", "1.5.1", False, False),
        ("1.5.0", f"1.5.1@{sha('a')}", False, False),
        (f"1.5.0@{sha('a')}", f"1.5.0@{sha('b')}", False, False),
        (f"1.5.0@{sha('a')}", "1.5.1", False, False),
        ("1.5.0", "1.5.0", True, True),
        ("1.5.0", f"1.5.0@{sha('a')}", True, True),
        (f"@{sha('a')}", f"1.5.0@{sha('a')}", True, True),
        # The same image under another tag.
        (f"1.5.0@{sha('a')}", f"main@{sha('a')}", True, True),
        ("*", "1.5.0", True, True),
        # It may be that one: nothing is brought in on a guess.
        (f"1.5.0@{sha('a')}", "1.5.0", True, False),
        ("1.5.0", f"@{sha('a')}", True, False),
    ],
)
def test_8_3_which_versions_a_hold_covers(held: str, version: str, *, covers: bool, surely: bool) -> None:
    found = parse_version(version)
    assert found is not None
    hold = Hold("web", None if held == "*" else parse_version(held))
    assert (hold.covers(found), hold.surely_covers(found)) == (covers, surely)


def test_8_3_a_hold_ends_at_the_moment_that_it_names(tmp_path: Path) -> None:
    holds = built(tmp_path, f"holds:\n- {{app: web, version: '*', until: '{NOON.isoformat()}'}}\n")["prod"].holds
    assert not holds.of("web", NOON)
    assert [hold.covers(Version("1")) for hold in holds.of("web", NOON - timedelta(seconds=1))] == [True]
    assert not holds.of("api", NOON - timedelta(seconds=1))


def test_8_3_the_documented_file_holds_what_it_says(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "promotion.md").read_text(encoding="utf-8")
    (example,) = (block.partition("```")[0] for block in page.split("```yaml\n") if block.startswith("holds:"))
    holds = built(tmp_path, example)["prod"].holds
    assert holds.fault is None
    assert [(hold.app, hold.version, hold.reason) for hold in holds.items] == [
        ("web", Version("1.5.0"), "it leaks memory")
    ]
