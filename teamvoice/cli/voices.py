"""``teamvoice voices``: what can be written into ``provider.voice`` and ``offline.voice``."""

from __future__ import annotations

import argparse
import asyncio
from typing import Any

from teamvoice import config
from teamvoice.cli.output import write, write_json
from teamvoice.cli.parser import Subparsers, add_command, add_json
from teamvoice.errors import ConfigError, TeamvoiceError, UsageError

SAMPLE = "The developer is idle. The PM waits for your answer."
_ANSWER_S = 30.0


def add_parsers(subparsers: Subparsers) -> None:
    """Add the parser of ``voices``."""
    parser = add_command(
        subparsers,
        "voices",
        "List the voices: of OpenAI's models (provider.voice), and of the offline server, as\n"
        "far as they are installed (offline.voice). A star marks those that are set. With a name,\n"
        "hear a sample of it: an offline one needs nothing; one of OpenAI's needs the API key,\n"
        "and is a turn that costs.",
        "teamvoice voices\nteamvoice voices awb",
    )
    parser.add_argument("voice", nargs="?", metavar="VOICE", help="play a sample of this one")
    add_json(parser, 'a list of {"name", "provider": openai|offline, "set": true|false}')


def run(args: argparse.Namespace) -> int:
    """List the voices, or play one."""
    settings = config.load()
    known = described(settings)
    if args.voice:
        (by,) = [row["provider"] for row in known if row["name"] == args.voice] or [""]
        if not by:
            hint = config.nearest(args.voice, [row["name"] for row in known])
            raise UsageError(f'there is no voice "{args.voice}".{hint}', "teamvoice voices")
        asyncio.run(_play(settings, args.voice, by))
    elif args.json:
        write_json(known)
    else:
        for row in known:
            write(f"{'*' if row['set'] else ' '} {row['name']:<18} {row['provider']}")
    return 0


def described(settings: config.Config) -> list[dict[str, Any]]:
    """The voices as ``--json`` prints them."""
    from teamvoice.library.wish import VOICES
    from teamvoice.offline.voice import voices

    kinds = {
        "openai": (VOICES, settings.provider.voice),
        "offline": (voices(), settings.offline.voice),
    }
    return [
        {"name": name, "provider": by, "set": name == chosen}
        for by, (names, chosen) in kinds.items()
        for name in names
    ]


async def _play(settings: config.Config, voice: str, by: str) -> None:
    from teamvoice.daemon.soundcheck import sound

    speech = await (_offline(voice) if by == "offline" else _from_provider(settings, voice))
    await sound(settings, speech)


async def _offline(voice: str) -> bytes:
    from teamvoice.offline.voice import Voice

    return b"".join([pcm async for pcm in Voice(voice).speak(SAMPLE)])


async def _from_provider(settings: config.Config, voice: str) -> bytes:
    """A turn with the provider that is configured."""
    from teamvoice.library.client import RealtimeClient
    from teamvoice.library.wish import SessionConfig

    pieces: list[bytes] = []
    is_offline = settings.provider.name == "auto" and not settings.provider.url
    if is_offline and not config.api_key():
        raise ConfigError(
            f"there is no API key, which the voice {voice} needs",
            "teamvoice init asks for one; teamvoice voices names those that need none",
        )
    wish = SessionConfig(voice=voice, instructions="Say word for word what you are given.")
    try:
        async with asyncio.timeout(_ANSWER_S), RealtimeClient(None, wish, pieces.append) as client:
            await client.send_text(SAMPLE)
            async for event in client.events():
                if event["type"] == "response.done":
                    break
    except TimeoutError:
        pieces.clear()
    if not pieces:
        raise TeamvoiceError("the provider sent no speech", "teamvoice doctor --online")
    return b"".join(pieces)
