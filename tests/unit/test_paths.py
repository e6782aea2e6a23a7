from __future__ import annotations

import os

import pytest

from teamvoice.daemon.paths import control_socket

FALLBACK = f"/tmp/teamvoice-{os.getuid()}/control.sock"  # noqa: S108 - what is expected


@pytest.mark.parametrize(
    ("environ", "path"),
    [
        ({"TEAMVOICE_SOCKET": "/s", "XDG_RUNTIME_DIR": "/run/user/7"}, "/s"),
        ({"XDG_RUNTIME_DIR": "/run/user/7"}, "/run/user/7/teamvoice/control.sock"),
        ({"XDG_RUNTIME_DIR": ""}, FALLBACK),
        ({}, FALLBACK),
    ],
)
def test_where_the_control_socket_is(environ: dict[str, str], path: str) -> None:
    assert control_socket(environ) == path
