"""teamvoice as a person installs it: the wheel, in a virtual environment, behind a link on PATH."""

from __future__ import annotations

import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

ROOT = Path(__file__).parents[2]


def install_into(home: Path) -> Path:
    """Build the wheel, and put it where pipx would; the command as it is on PATH.

    What teamvoice needs is borrowed from the environment of the tests.
    """
    wheels = home / "wheels"
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(wheels)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    place = home / ".local" / "share" / "a venv"
    venv.create(place, symlinks=True)
    (packages,) = (place / "lib").glob("python*/site-packages")
    (wheel,) = wheels.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(packages)
    # Later on the path than what was just unpacked; a .pth in it would lead to this clone.
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()) + "\n")
    script = place / "bin" / "teamvoice"
    script.write_text(f'#!/bin/sh\nexec "{place}/bin/python" -P -m teamvoice "$@"\n')
    script.chmod(0o755)
    link = home / ".local" / "bin" / "teamvoice"
    link.parent.mkdir(parents=True)
    link.symlink_to(script)
    return link
