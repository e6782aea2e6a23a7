from __future__ import annotations

from pathlib import Path

import pytest

from teamvoice.config import Member
from teamvoice.errors import ConfigError
from teamvoice.team.profiles import check_agents, load_profiles, own_profiles, parse_profile
from teamvoice.team.sight import typed_in

KNOWN = (
    "aider", "claude", "codex", "copilot", "cursor", "gemini", "generic", "opencode", "shell",
    "standin",
)  # fmt: skip


def test_every_agent_has_its_profile() -> None:
    assert tuple(load_profiles()) == KNOWN


@pytest.mark.parametrize(
    ("agent", "row", "typed"),
    [
        *(("gemini", " >", ""), ("gemini", " > ", ""), ("gemini", " > half", "half")),
        *(("cursor", "  →", ""), ("cursor", " │ → │", ""), ("cursor", " │ → half │", "half")),
        *(("copilot", "❯", ""), ("copilot", "❯ half", "half")),
    ],
)
def test_an_empty_prompt_holds_no_draft(agent: str, row: str, typed: str) -> None:
    assert typed_in(row, load_profiles()[agent]) == typed


@pytest.mark.parametrize("kind", ["shell", "agent"])
def test_no_shell_is_forgotten_for_another(tmp_path: Path, kind: str) -> None:
    own = f'name = "shell"\nkind = "{kind}"\n[recognise]\nprograms = ["rc"]\n'
    (tmp_path / "shell.toml").write_text(own, "utf-8")
    shell = load_profiles(tmp_path)["shell"]
    assert {"rc", "bash", "zsh", "nu"} <= set(shell.recognise.programs)
    assert shell.kind == "shell"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("nonsense", "not valid TOML: "),
        ("name = 3", "name: Expected `str`, got `int`"),
        ('name = "x"\nnam = 1', 'unknown key "nam". Did you mean "name"?'),
        (
            'name = "x"\n[signs]\nworkng = []',
            'unknown key "signs.workng". Did you mean "working"?',
        ),
        (
            'name = "x"\n[[question.subjects]]\nlin = ""',
            'unknown key "question.subjects[0].lin". Did you mean "line"?',
        ),
        ('name = "x"\n[signs]\nqueued = "("', "signs.queued: bad pattern '('"),
        ('name = "x"\n[prompt]\nline = "> (.*)"', "prompt.line: the pattern '> (.*)' lacks"),
        ('name = ""', "name: it is empty"),
        ('name = "x"\n[keys]\ninterrupt = ["Esc"]', 'keys.interrupt: tmux knows no key "Esc".'),
        ('name = "x"\n[question]\nthen = ["Entr"]', 'question.then: tmux knows no key "Entr". Did'),
        ('name = "x"\n[question]\nchoose = "mouse"', "question.choose: Invalid enum value"),
    ],
)
def test_a_bad_profile_is_told_with_its_file_and_key(text: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_profile(text, "mine.toml")
    assert caught.value.message.startswith(f"mine.toml: {told}")


@pytest.mark.parametrize(
    ("text", "mend"),
    [
        ('name = "x"\n[signs]\nworking = "x"', 'write a list, of one too: ["…"]'),
        ("[signs]", 'begin the file with its name: name = "robot"'),
        ('name = "x"\n[signs]\nqueued = "("', "patterns are Python's regular expressions"),
        ('name = "x"\n[keys]\ninterrupt = ["Esc"]', "there are Enter, Escape, Tab,"),
    ],
)
def test_a_bad_profile_is_told_with_its_mend(text: str, mend: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_profile(text, "mine.toml")
    assert (caught.value.mend or "").startswith(mend)


@pytest.mark.parametrize("key", ["Enter", "C-c", "M-Up", "C-M-x", "F12", "y", "?", "S-Tab"])
def test_the_keys_of_tmux_are_taken(key: str) -> None:
    assert parse_profile(f'name = "x"\n[keys]\ninterrupt = ["{key}"]', "x").keys.interrupt == (key,)


def test_a_users_own_files_add_to_the_profiles_and_replace_them(tmp_path: Path) -> None:
    (tmp_path / "a.toml").write_text('name = "robot"\n[recognise]\nprograms = ["robot"]', "utf-8")
    (tmp_path / "b.toml").write_text('name = "claude"\nsigils = ""', "utf-8")
    profiles = load_profiles(tmp_path)
    assert set(profiles) == {*KNOWN, "robot"}
    assert profiles["claude"].recognise.programs == ()
    assert list(own_profiles(tmp_path)) == ["robot", "claude"]
    assert load_profiles(tmp_path / "none") == load_profiles()


def test_two_own_files_of_one_name_are_refused(tmp_path: Path) -> None:
    for file in ("a.toml", "b.toml"):
        (tmp_path / file).write_text('name = "robot"', "utf-8")
    with pytest.raises(ConfigError, match=r'b\.toml: name: another file here is "robot" already'):
        own_profiles(tmp_path)


def test_a_member_whose_agent_has_no_profile_is_named() -> None:
    check_agents([Member(name="dev", agent="codex"), Member(name="pm")], load_profiles())
    with pytest.raises(ConfigError, match=r'no agent is called "claud"\. Did you mean "claude"'):
        check_agents([Member(name="dev", agent="claud")], load_profiles())
