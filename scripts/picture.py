"""Draw the picture of ``teamvoice talk`` that the README shows, from the real thing.

Run from the root of the repository::

    PYTHONPATH=. .venv/bin/python scripts/picture.py [FILE]

A daemon with the offline server, two stand-in agents in tmux, all in places of their own, and the
terminal face attached to it. A synthesised voice speaks; the second command makes the developer ask
something. What textual then shows goes to ``docs/talk.svg``, or to FILE.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from functools import partial
from pathlib import Path

from teamvoice import config, logs
from teamvoice.audio.virtual import SpokenMicrophone
from teamvoice.daemon.app import App
from teamvoice.daemon.desk import spoken_desk
from teamvoice.demo.stage import CAST, Stage
from teamvoice.offline.voice import Voice
from teamvoice.ui.face import Face
from tests.support.wait import until

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "talk.svg"
SIZE = (84, 24)  # columns and rows
COMMANDS = ("what is the team doing", "tell the developer to deploy to production")
PAUSE = bytes(24_000 * 2 // 5)  # 200 ms: nobody speaks up to the edges of a hold

_FONT = re.compile(r"\s*@font-face \{.*?\}", re.DOTALL)
_ID = re.compile(r"\bterminal-\d+-")


def tidied(svg: str) -> str:
    """A drawing of textual's that loads no font from anywhere, and has no number of its own."""
    svg = svg.replace("Fira Code, monospace", "monospace")
    svg = svg.replace("<svg ", '<svg xml:space="preserve" ', 1)  # some drop the indents else
    return _ID.sub("terminal-", _FONT.sub("", svg))


async def draw(socket: str) -> str:
    """The face after the commands, when it was told that the developer waits."""
    settings = config.Config(
        provider=config.Provider(name="offline"),
        team=config.Team(socket=socket, members=CAST),
        log=config.Log(level="error"),
    )
    desk, microphone = spoken_desk()
    face = Face()
    async with App(settings, desk) as app:
        await asyncio.wait_for(app.link.is_up.wait(), 60)  # nothing is told of its way
        async with face.run_test(size=SIZE) as pilot:
            await until(lambda: states(face), "the team is seen", 30)
            for number, command in enumerate(COMMANDS, 1):
                await speak(app, microphone, command)
                await until(partial(has_ended, face, number), "the turn is over", 60)
            await until(lambda: "waiting" in states(face), "somebody waits", 30)
            await until(lambda: kinds(face).count("news"), "that is told", 30)
            await pilot.pause()
            return tidied(face.export_screenshot(title="teamvoice talk"))


async def speak(app: App, microphone: SpokenMicrophone, text: str) -> None:
    """Hold the key, and say something."""
    clock = asyncio.get_running_loop().time
    speech = b"".join([piece async for piece in Voice("awb").speak(text)])
    app.key("press", clock())
    microphone.say(PAUSE + speech + PAUSE)
    await microphone.wait_spoken()
    app.key("release", clock())


def has_ended(face: Face, turns: int) -> bool:
    """The face has seen the end of so many turns."""
    return kinds(face).count("figures") >= turns


def kinds(face: Face) -> list[str]:
    """Of which kinds the lines of the conversation are."""
    return [line.kind for line in face.picture.lines]


def states(face: Face) -> set[str]:
    """What the members do, as the face knows it."""
    return {str(member.get("state")) for member in face.picture.members}


def main() -> None:
    """Write the picture."""
    file = Path(sys.argv[1]) if len(sys.argv) > 1 else PICTURE
    logs.configure(config.Log(level="error"))
    with (
        tempfile.TemporaryDirectory(prefix="teamvoice-picture-") as folder,
        Stage(keep=False) as stage,
    ):
        for place in ("CONFIG_DIR", "STATE_DIR"):
            os.environ[f"TEAMVOICE_{place}"] = folder
        os.environ["TEAMVOICE_SOCKET"] = f"{folder}/control.sock"
        os.environ.pop("NO_COLOR", None)
        svg = asyncio.run(draw(stage.socket))
    file.write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
