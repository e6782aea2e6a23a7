"""The pages: those of reference say what their source says, and no link leads nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.reference import EXAMPLE, ROOT, configuration, pages
from teamvoice.cli.commands import COMMANDS

PAGES = [*(ROOT / name for name in ("README.md", "CONTRIBUTING.md")), *(ROOT / "docs").glob("*.md")]
LINK = re.compile(r"\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_a_page_of_reference_is_what_make_docs_writes(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == pages()[page], "make docs"


def test_no_setting_and_no_command_is_left_out() -> None:
    settings, commands = pages().values()
    names = re.findall(r"^(\w+) = ", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)
    assert set(re.findall(r"^- \*\*`(\w+)`", settings, re.MULTILINE)) == set(names)
    assert set(re.findall(r"^## teamvoice (\S+)$", commands, re.MULTILINE)) == set(COMMANDS)


def test_every_argument_is_explained_and_one_that_repeats_says_so() -> None:
    _, commands = pages().values()
    assert [row for row in commands.splitlines() if row.endswith("|  |")] == []
    assert "| `TEXT [TEXT ...]` | what you would have said |" in commands
    assert "| `[WORD ...]` | what to look for |" in commands


def test_a_setting_has_its_default_and_its_line() -> None:
    section = "[a]\n# One\n# line.\nb = 1\n# More.\nc = [\n  2,\n]\n"
    page = configuration(f"# All.\n\n{section}\n[[d]]\n# A.\ne = 3\n\n[[d]]\ne = 4\n")
    assert "- **`b`** = `1`: One line.\n- **`c`** = a list" in page
    assert page.count("`[[d]]`") == page.count("`e`") == 1


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_no_link_leads_nowhere(page: Path) -> None:
    links = LINK.findall(FENCED.sub("", page.read_text(encoding="utf-8")))
    assert [link for link in links if not leads_somewhere(page, link)] == []


def test_the_readme_stays_short() -> None:
    """What more there is to say stands in a page of ``docs/`` that it links to."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme) < 15_000
    assert [p.name for p in (ROOT / "docs").glob("*.md") if f"(docs/{p.name})" not in readme] == []


def test_a_link_that_leads_nowhere_is_seen() -> None:
    readme = ROOT / "README.md"
    links = ("docs/keys.md", "docs/keys.md#evdev", "#limits", "https://semver.org")
    assert all(leads_somewhere(readme, link) for link in links)
    assert not any(leads_somewhere(readme, link) for link in ("docs/no.md", "#no", "LICENSE#no"))


def leads_somewhere(page: Path, link: str) -> bool:
    """Whether there is such a file, with such a heading; what is elsewhere is not looked up."""
    if "://" in link:
        return True
    name, _, heading = link.partition("#")
    file = page.parent / name if name else page
    return file.exists() and (not heading or heading in headings(file))


def headings(page: Path) -> set[str]:
    """The anchors that GitHub makes of a page's headings."""
    text = FENCED.sub("", page.read_text(encoding="utf-8"))
    found = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}
