from __future__ import annotations

import socket
import uuid
from pathlib import Path

import pytest

from teamvoice.daemon.notify import notify


def listener(address: str) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    channel.bind(address)
    channel.settimeout(30)
    return channel


def test_the_service_manager_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
    with listener(str(tmp_path / "notify")) as manager:
        assert notify(READY="1", STATUS="link up")
        assert manager.recv(100) == b"READY=1\nSTATUS=link up"


def test_an_abstract_address_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"teamvoice-{uuid.uuid4().hex}"
    monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
    with listener(f"\0{name}") as manager:
        assert notify(STOPPING="1")
        assert manager.recv(100) == b"STOPPING=1"


def test_nobody_to_tell_is_no_trouble(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    assert not notify(READY="1")
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    assert not notify(READY="1")
