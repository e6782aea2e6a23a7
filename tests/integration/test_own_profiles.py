"""A user's own profiles of agents: checked by ``teamvoice config check``."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.cli import Cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    (tmp_path / "config" / "profiles").mkdir(parents=True)
    return Cli(tmp_path)


def write(cli: Cli, name: str, text: str) -> Path:
    file = cli.directory / "config" / "profiles" / name
    file.write_text(text, encoding="utf-8")
    return file


async def test_a_good_profile_is_fine(cli: Cli) -> None:
    write(cli, "robot.toml", 'name = "robot"\n[recognise]\nprograms = ["robot"]\n')
    (cli.directory / "config" / "config.toml").write_text(
        '[[team.members]]\nname = "dev"\nagent = "robot"\n', encoding="utf-8"
    )
    done = await cli("config", "check")
    assert (done.code, done.err) == (0, "")
    assert "profile robot: fine" in done.out


async def test_a_bad_profile_is_told_by_file_key_and_nearest_name(cli: Cli) -> None:
    file = write(cli, "robot.toml", 'name = "robot"\n[signs]\nworkin = ["x"]\n')
    done = await cli("config", "check")
    assert done.code == 2
    assert f'{file}: unknown key "signs.workin". Did you mean "working"?' in done.err


async def test_an_agent_without_a_profile_is_told_with_the_nearest(cli: Cli) -> None:
    (cli.directory / "config" / "config.toml").write_text(
        '[[team.members]]\nname = "dev"\nagent = "claud"\n', encoding="utf-8"
    )
    done = await cli("config", "check")
    assert done.code == 2
    assert 'no agent is called "claud". Did you mean "claude"?' in done.err
