from __future__ import annotations

import plistlib
from pathlib import Path

from teamvoice.service.launchd import plist_text
from teamvoice.service.manager import Plan


def test_the_property_list_starts_the_daemon_and_starts_it_again_when_it_fails() -> None:
    command = ("/apps/a & b/teamvoice", "run", "--config", "<x>.toml")
    plan = Plan(command, {"TEAMVOICE_HOTKEY_KEY": "<f8>"}, "/brew/bin")
    about = plistlib.loads(plist_text(plan, Path("/logs/teamvoice.log")).encode())
    assert about["ProgramArguments"] == list(command)
    assert about["EnvironmentVariables"] == {
        "PATH": "/brew/bin:/usr/bin:/bin:/usr/sbin:/sbin",
        "TEAMVOICE_HOTKEY_KEY": "<f8>",
    }
    assert about["RunAtLoad"]
    assert about["KeepAlive"] == {"SuccessfulExit": False}
    assert about["StandardErrorPath"] == "/logs/teamvoice.log"
