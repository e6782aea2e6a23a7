"""The sound server, asked through its command ``pactl``: PulseAudio, or PipeWire in its place.

PortAudio on Linux knows one device of the sound server's and nothing of what stands behind it. A
machine without ``pactl``, or without a server, answers nothing, and nothing depends on it.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
from typing import Any

from teamvoice.audio.devices import Device, from_pactl
from teamvoice.audio.worker import Job, Worker

WITHIN = 1.0  # seconds for an answer, which takes 10 ms

_thread = Worker()


async def ask(*words: str) -> str | None:
    """What ``pactl`` prints; None when it does not say."""
    job = Job(lambda: _ask_now(*words), asyncio.get_running_loop())
    _thread.post(job)
    try:
        return await job.future
    finally:
        job.abandon()


async def ask_json(*words: str) -> list[dict[str, Any]]:
    """A list, such as of ``list sink-inputs``; empty when there is no answer."""
    return _rows(await ask("-f", "json", *words))


def devices(server: Device) -> list[Device]:
    """What stands behind the server's device of PortAudio's; blocks for some 30 ms."""
    defaults = [_ask_now("get-default-source") or "", _ask_now("get-default-sink") or ""]
    sources, sinks = (_rows(_ask_now("-f", "json", "list", kind)) for kind in ("sources", "sinks"))
    return from_pactl(server, sources, sinks, defaults)


def _ask_now(*words: str) -> str | None:
    try:
        done = subprocess.run(
            ["pactl", *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WITHIN,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()


def _rows(text: str | None) -> list[dict[str, Any]]:
    try:
        found = json.loads(text or "[]")
    except ValueError:  # an old pactl knows no JSON
        return []
    return found if isinstance(found, list) else []


async def why_deaf(route: str) -> str:
    """Why a microphone delivers nothing but silence, and the mend; empty when nobody knows.

    Args:
        route: As for :func:`why_no_microphone`.
    """
    name = route or await ask("get-default-source")
    is_muted = any(row["name"] == name and row["mute"] for row in await ask_json("list", "sources"))
    mend = f"unmute it there, or with: pactl set-source-mute {name} 0"
    return f"the microphone is muted in the sound settings ({mend})" if is_muted else ""


async def why_no_microphone(route: str) -> str:
    """Why what is recorded is no microphone; empty when it is one, or nobody knows.

    A server whose microphone is gone goes on with what the speaker plays, and tells nobody.

    Args:
        route: The server's name of the microphone that was asked for; empty for its default.
    """
    if not route:
        default = await ask("get-default-source") or ""
        return "there is no microphone" if default.endswith(".monitor") else ""
    sources = await ask("list", "short", "sources")
    known = {line.split("\t")[1] for line in (sources or "").splitlines() if "\t" in line}
    return f"the microphone {route} is gone" if known and route not in known else ""
