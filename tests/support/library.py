"""The library as a program uses it: the offline server, and callbacks that note what is told."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from teamvoice import RealtimeClient, SessionConfig
from teamvoice.offline.server import Settings, serve
from tests.support.offline_parts import ExactEars, LiteralMind, ToneVoice


@contextlib.asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch, config_dir: Path) -> AsyncIterator[None]:
    """The offline server, and an environment that points at it."""
    monkeypatch.setenv("TEAMVOICE_CONFIG_DIR", str(config_dir))
    async with serve(Settings(token="sk-of-ours"), ExactEars, LiteralMind(), ToneVoice()) as url:
        monkeypatch.setenv("TEAMVOICE_PROVIDER_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-of-ours")
        yield


@pytest.fixture
async def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[None]:
    async with serving(monkeypatch, tmp_path):
        yield


class Listener:
    """What the callbacks of a program were told."""

    def __init__(self) -> None:
        self.audio = b""
        self.words = ""
        self.errors: list[dict[str, Any]] = []
        self.interruptions = 0

    def hear(self, pcm: bytes) -> None:
        self.audio += pcm

    def read(self, text: str) -> None:
        self.words += text

    def stop(self) -> None:
        self.interruptions += 1

    def client(self, config: SessionConfig | None = None, **more: Any) -> RealtimeClient:
        return RealtimeClient(
            config=config,
            on_audio=self.hear,
            on_transcript=self.read,
            on_error=self.errors.append,
            on_interrupt=self.stop,
            **more,
        )
