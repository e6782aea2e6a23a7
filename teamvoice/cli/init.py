"""``teamvoice init``: finds the agents in tmux, asks the rest, and writes the configuration."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import re
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from teamvoice import apikey, config
from teamvoice.cli.init_team import Choice, ask_team, proposed_team
from teamvoice.cli.output import write, write_json
from teamvoice.cli.parser import Subparsers, add_command
from teamvoice.cli.questions import is_agreed, question
from teamvoice.errors import TeamvoiceError, TmuxUnavailable, UsageError

if TYPE_CHECKING:
    from teamvoice.team.scout import Survey

_OF_OPENAI = ("auto", "openai")  # providers of which voices and keys are known
_LISTEN_S = 3.0


class Plan(NamedTuple):
    """What is to be written.

    Args:
        settings: By section and key.
        team: Who is new on the team, or back.
        api_key: Empty to leave the file of the key alone.
    """

    settings: dict[str, dict[str, Any]]
    team: Choice
    api_key: str = ""


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``init``."""
    parser = add_command(
        subparsers,
        "init",
        "Set teamvoice up: finds the agents in your tmux panes and proposes them as your team,\n"
        "asks for the key to hold, a voice and an API key, tries the microphone, and writes the\n"
        "configuration. A pane that could be found again by its number alone is tagged, and so is\n"
        "that of a member whose tag went with its pane or with the tmux server.\n"
        "Run again, it changes only what you answer otherwise.",
        "teamvoice init\nteamvoice init --yes     # take every proposal, ask nothing",
    )
    parser.add_argument("--yes", action="store_true", help="take the proposals, ask nothing")
    parser.add_argument("--dry-run", action="store_true", help="write nothing")
    parser.add_argument("--config", type=Path, metavar="FILE", help="write this file instead")
    parser.add_argument("--json", action="store_true", help="print what was found, for programs")


def run(args: argparse.Namespace) -> int:
    """Find, ask, try, write."""
    from teamvoice import preflight

    if not args.yes and not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise UsageError("init asks questions, and this is no terminal", "teamvoice init --yes")
    file = args.config or config.config_file()
    loaded = config.read(file, may_lack=True)
    if loaded.origins["team.members"] == "default":  # nobody was named yet
        team = config.Team(socket=loaded.config.team.socket, members=())
    else:
        team = loaded.config.team
    preflight.check(loaded)
    key_origin = config.api_key_origin()  # what is wrong is told before anything is asked
    found, away = _look(team)
    if not args.json:
        _tell_found(found, away)
    try:
        if args.yes:
            plan = Plan({}, proposed_team(found, team))
        else:
            plan = _ask(found, team, loaded.config, key_origin)
        if plan.team.members and loaded.origins["team.socket"].startswith("environment"):
            plan.settings["team"] = {"socket": team.socket}  # where they are found without it too
    except (EOFError, KeyboardInterrupt):
        write("\nNothing was written.")
        return 1
    written = not args.dry_run and _written(args, file, team, plan)
    _report(args, file, plan, written=written)
    return 0 if args.yes or args.dry_run else _try(file, args.config)


def _look(team: config.Team) -> tuple[Survey, str]:
    """The agents that run, and why none can be seen when that is so."""
    from teamvoice.team.scout import Survey, scout

    try:
        return asyncio.run(scout(team)), ""
    except TmuxUnavailable as error:
        return Survey([]), str(error)


def _tell_found(found: Survey, away: str) -> None:
    if not found.sightings:
        write(away or "No agent was found in any tmux pane.")
        write("Start your agents in tmux and run teamvoice init again; all else works meanwhile.")
    for sighting in found.sightings:
        who = f", {sighting.member.name} already" if sighting.member else ""
        write(f"{sighting.pane.place:<16} {sighting.agent}{who}")
    for doubt in found.doubts:
        write(doubt)


# Asking ------------------------------------------------------------------------------------------


def _ask(found: Survey, team: config.Team, now: config.Config, key_origin: str) -> Plan:
    choice = ask_team(found, team)
    settings: dict[str, dict[str, Any]] = {}
    key = question("Key to hold", now.hotkey.key, _check_chord)
    if key != now.hotkey.key:
        settings["hotkey"] = {"key": key}
    voice = _ask_voice(now.provider)
    if voice != now.provider.voice:
        settings["provider"] = {"voice": voice}
    return Plan(settings, choice, _ask_api_key(now.provider, key_origin))


def _ask_voice(now: config.Provider) -> str:
    from teamvoice.library.wish import VOICES

    while True:
        voice = question(f"Voice ({', '.join(VOICES)})", now.voice)
        if voice in {*VOICES, now.voice} or now.name not in _OF_OPENAI:
            return voice
        doubt = f'"{voice}" does not look like a voice of OpenAI\'s.{config.nearest(voice, VOICES)}'
        if is_agreed(f"{doubt} Keep it?", "no"):
            return voice


def _ask_api_key(now: config.Provider, origin: str) -> str:
    """The key to be written; empty to leave things as they are."""
    what = "OpenAI API key (Enter for none): "
    if not origin.startswith("none"):
        there = "; change it there" if apikey.is_given(os.environ) else ""
        write(f"API key: {origin}{there}")
        if there:
            return ""
        what = "A new OpenAI API key (Enter keeps that one): "
    else:
        write("An OpenAI key gives free speech (OpenAI bills you); without, it works offline.")
    while key := getpass.getpass(what).strip():
        if re.fullmatch(r"sk-[\w-]{16,}", key, re.ASCII) or now.name not in _OF_OPENAI:
            break
        doubt = "That does not look like a key of OpenAI's, which begin with sk-."
        if is_agreed(f"{doubt} Keep it?", "no"):
            break
    return key


def _check_chord(text: str) -> None:
    from teamvoice.hotkey import chords

    chords.parse(text)


# Writing and trying ------------------------------------------------------------------------------


def _written(args: argparse.Namespace, file: Path, team: config.Team, plan: Plan) -> bool:
    """Write what is new; what was answered is not lost when that fails."""
    from teamvoice import configfile

    try:
        return _write(file, team, plan)
    except TeamvoiceError:
        if not args.yes and (plan.settings or plan.team.members):
            write(f"To add by hand:\n{configfile.as_text(plan.settings, plan.team.members)}")
        raise


def _write(file: Path, team: config.Team, plan: Plan) -> bool:
    """Write what is new; whether the configuration changed."""
    from teamvoice import configfile, preflight
    from teamvoice.team.scout import put_tags

    if plan.team.tags:
        asyncio.run(put_tags(team, plan.team.tags))
    before = file.read_bytes() if file.exists() else None
    changed = bool(plan.settings or plan.team.members)
    if changed:
        configfile.change(file, plan.settings, plan.team.members)
        try:
            preflight.check(config.read(file))
        except TeamvoiceError:
            _put_back(file, before)
            raise
    if plan.api_key:
        configfile.set_api_key(config.key_file(), plan.api_key)
    return changed


def _put_back(file: Path, before: bytes | None) -> None:
    """What was answered cannot be used: the file is as it was."""
    from teamvoice import configfile

    if before is None:
        file.unlink(missing_ok=True)
    else:
        configfile.write_private(file, before.decode())


def _report(
    args: argparse.Namespace,
    file: Path,
    plan: Plan,
    *,
    written: bool,
) -> None:
    if args.json:
        write_json(_as_json(file, plan, written=written))
        return
    _report_team(plan.team, is_dry=args.dry_run)
    if args.dry_run:
        write("Nothing was written.")
        return
    write(f"{'Written' if written else 'Unchanged'}: {file}")
    if plan.api_key:
        write(f"Written: {config.config_dir() / 'env'} (only you can read it)")
    own = f" --config {shlex.quote(str(args.config))}" if args.config else ""
    write(f"Next: teamvoice doctor{own}, then teamvoice run{own}")


def _report_team(team: Choice, *, is_dry: bool) -> None:
    from teamvoice.team.places import how_to_mend

    for sighting, member in team.back:
        write(f"{'Would be back' if is_dry else 'Back'}: {member.name}, in {sighting.pane.place}")
    for member in team.members:
        names = " or ".join((member.name, *member.aliases))
        write(f"{'Would be' if is_dry else 'New'} on the team: {names}")
    places = {sighting.pane.id: sighting.pane.place for sighting in team.found.sightings}
    for pane, tag in team.tags.items():
        will = "Would be tagged" if is_dry else "Tagged"
        write(f"{will} to be found again: {places[pane]}, @teamvoice {tag}")
    for doubt in team.doubts:
        write(doubt)
    for member in team.found.missing:
        write(f"{member.name} is missing: {how_to_mend(member)}")


def _as_json(file: Path, plan: Plan, *, written: bool) -> dict[str, Any]:
    import msgspec

    found = [
        {
            "place": s.pane.place,
            "pane": s.pane.id,
            "agent": s.agent,
            "member": s.member.name if s.member else None,
        }
        for s in plan.team.found.sightings
    ]
    members = msgspec.to_builtins(plan.team.members)
    missing = [member.name for member in plan.team.found.missing]
    told = {"ok": True, "found": found, "new": members, "tagged": plan.team.tags}
    return {**told, "missing": missing, "file": str(file), "written": written}


def _try(file: Path, own: Path | None) -> int:
    """What comes after the writing; the exit code."""
    try:
        _try_microphone(file)
        _offer_service(own)
    except (EOFError, KeyboardInterrupt):
        write("\nThe configuration stands; the rest was left out.")
        return 1
    return 0


def _try_microphone(file: Path) -> None:
    from teamvoice.daemon.soundcheck import hear

    write(f"Say something: the microphone is open for {_LISTEN_S:.0f} seconds.")
    try:
        level = asyncio.run(hear(config.read(file, may_lack=True).config, _LISTEN_S, _draw))
    except TeamvoiceError as error:
        write(f"\nThe microphone does not work: {error}")
        return
    write(f"\nThe loudest was {level.peak_db:.0f} dB: {level.verdict}.")


def _draw(decibels: float) -> None:
    """The level of the last moment, as a bar from -60 dB to 0."""
    width = min(40, os.get_terminal_size(sys.stdout.fileno()).columns - 4)
    filled = max(0, min(width, round((decibels + 60) / 60 * width)))
    sys.stdout.write(f"\r[{'#' * filled}{' ' * (width - filled)}]")
    sys.stdout.flush()


def _offer_service(file: Path | None) -> None:
    from teamvoice.cli import commands

    words = ["service", "install", *(["--config", str(file)] if file else [])]
    if is_agreed("Start it at login, as a service?", "no"):
        commands.run(words)
