"""The house rules as checks: each takes the root of a tree and returns what breaks them.

The rules on imports are read from the source, so that an import inside a function counts as well.
"""

from __future__ import annotations

import ast
import io
import os
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

MODULE_LINES = 400
TEST_LINES = 500  # a table of cases reads well at a length at which logic does not
FUNCTION_LINES = 40
LOCKS = ("requirements.lock", "requirements-dev.lock")

# Rooms that stand side by side: `daemon` joins them, and nothing else does.
APART = frozenset({"realtime", "audio", "hotkey", "team", "offline"})
ABOVE = frozenset({"tools", "daemon", "library", "cli", "ui", "demo"})

# What a module may use of ours beside itself, where that is a short list.
ONLY = {"conversation": frozenset({"errors"}), "audio.pcm": frozenset({"errors"})}

# What a room may never use.
NEVER = {
    **{room: (APART - {room}) | ABOVE for room in APART},
    "tools": (APART - {"team"}) | (ABOVE - {"tools"}),
    "daemon": frozenset({"library", "cli", "ui", "demo"}),
    "library": ABOVE - {"library"},
    "service": APART | ABOVE,
}

# A face reaches the daemon by its socket. What it may import beside that, and why.
FACES = frozenset({"cli", "ui"})
FACES_MAY = {
    "daemon.serve": "run starts the daemon in its own process",
    "daemon.chat": "chat holds its conversation in its own process",
    "preflight": "config check and run put the settings before the rooms that they are for",
    "demo": "the demonstration runs a daemon of its own in this process",
    "daemon.paths": "where the socket and the journal are",
    "daemon.peer": "who holds the socket",
    "daemon.doctor": "doctor looks at this machine itself, with no daemon",
    "daemon.soundcheck": "init tries the microphone, with no daemon",
    "configfile": "init writes the configuration",
    "hotkey.chords": "init tries the name of a key before it writes it down",
    "daemon.journal": "history reads the file, whether or not a daemon runs",
    "daemon.recordings": "history plays the sound that is kept of a turn",
    "daemon.records": "the shapes of what the journal holds",
    "daemon.tally": "usage counts what the journal holds",
    "team": "the team commands work straight on tmux, with no daemon",
    "audio.devices": "devices lists what this machine has, with no daemon",
    "hotkey.bindings": "keys bind tells what to add to a desktop, with no daemon",
    "offline": "offline-server runs that server in its own process",
}

ADAPTERS = frozenset(
    {
        *("Microphone", "Speaker", "SpokenMicrophone", "SilentSpeaker"),
        *("PynputSource", "PortalSource", "EvdevSource", "LogindSession"),
        *("BusNotifier", "ScriptNotifier"),
    }
)
MAY_NAME_ADAPTERS = {
    "daemon.desk": "the one place of the daemon that chooses them",
    "library.sound": "its microphone and its speaker are these",
}

# Modules (`file`) and functions (`file:function`) that may be longer, each with its reason.
MAY_BE_LONG: dict[str, str] = {
    "tests/support/frames.py:every_kind": "one example of each server event, as a list",
    "tests/unit/test_conversation_properties.py": "the world around the machine is one machine",
    "teamvoice/conversation/machine.py": "whatever changes the machine's state is in one file",
}

_EXCUSE = re.compile(r"#\s*(noqa\b|type:\s*ignore)")
_REASONED = re.compile(
    r"#\s*(noqa:\s*[A-Z]+\d+(,\s*[A-Z]+\d+)*|type:\s*ignore\[[\w, -]+\])\W+[a-zA-Z]+\W+[a-zA-Z]+"
)
_ADDRESS = re.compile(
    r"pypi[.]org|pythonhosted[.]org|registry[.](npmjs|yarnpkg)|(deb|ftp)[.]debian[.]org"
    r"|archive[.]ubuntu|--(extra-)?index-url\s+\S|find-links\s*="
)
_MACHINE_PATH = re.compile(r"(?<![\w.~$}*-])/(root|home|Users|opt|work)/\w+")
_NOT_OURS = frozenset({"__pycache__", "build", "dist", "node_modules"})


class Import(NamedTuple):
    """One module of ours that another one imports; names are without the leading ``teamvoice.``."""

    importer: str
    imported: str
    where: str


def imports_one_way(root: Path) -> list[str]:
    """Rooms that use a room which they must not know."""
    return [
        f"{found.where}: {found.importer} must not import {found.imported}"
        for found in _imports(root)
        if not _may_import(found.importer, found.imported)
    ]


def adapters_named_once(root: Path) -> list[str]:
    """Concrete adapters named outside their own room and outside the place that wires."""
    return [
        f"{file.relative_to(root)}:{line}: names {name}"
        for file, tree in _sources(root / "teamvoice")
        for name, line in _names(tree)
        if name in ADAPTERS
        and _room(_module(root, file)) not in {"audio", "hotkey"}
        and _module(root, file) not in MAY_NAME_ADAPTERS
    ]


def short_enough(root: Path) -> list[str]:
    """Modules over 400 lines (of tests: 500), and functions over 40."""
    lengths = {}
    for file, tree in _sources(root):
        name = str(file.relative_to(root))
        most = TEST_LINES if name.startswith("tests/") else MODULE_LINES
        lengths[name] = (len(file.read_text(encoding="utf-8").splitlines()), most)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                lengths[f"{name}:{node.name}"] = (lines, FUNCTION_LINES)
    return [
        f"{name}: {lines} lines"
        for name, (lines, most) in lengths.items()
        if lines > most and name not in MAY_BE_LONG
    ]


def excuses_have_reasons(root: Path) -> list[str]:
    """Exceptions from a lint or a type check with no code, or with no reason of two words."""
    return [
        f"{file.relative_to(root)}:{line}: {comment}"
        for file, _ in _sources(root)
        for line, comment in _comments(file)
        if _EXCUSE.search(comment) and not _REASONED.search(comment)
    ]


def tells_no_machine(root: Path) -> list[str]:
    """Addresses of package registries, and paths that are one machine's."""
    return [
        f"{file.relative_to(root)}:{number}: {match[0]}"
        for file in _files(root)
        for number, line in enumerate(file.read_text("utf-8", "replace").splitlines(), 1)
        if (match := _ADDRESS.search(line) or _MACHINE_PATH.search(line))
    ]


def locks_are_whole(root: Path) -> list[str]:
    """Pins without a hash or missing from the longer lock file, and addresses in either."""
    runs, tests = (_pins(root / name) for name in LOCKS)
    wrong = [f"{pin}: no hash" for pins in (runs, tests) for pin in pins if not pins[pin]]
    wrong += [f"{pin}: not in {LOCKS[1]}" for pin in runs if pin not in tests]
    for name in LOCKS:
        if "://" in (root / name).read_text(encoding="utf-8"):
            wrong.append(f"{name}: holds an address")
    return wrong


def _may_import(importer: str, imported: str) -> bool:
    if _room(importer) in FACES:
        beyond = _room(imported) in APART | {"daemon"}
        return not beyond or any(_is_under(imported, allowed) for allowed in FACES_MAY)
    for part, allowed in ONLY.items():
        if _is_under(importer, part):
            return _is_under(imported, part) or _room(imported) in allowed
    return _room(imported) not in NEVER.get(_room(importer), frozenset())


def _is_under(module: str, part: str) -> bool:
    return module == part or module.startswith(f"{part}.")


def _room(module: str) -> str:
    return module.partition(".")[0]


def _imports(root: Path) -> Iterator[Import]:
    sources = list(_sources(root / "teamvoice"))
    modules = {_module(root, file) for file, _ in sources}
    for file, tree in sources:
        module = _module(root, file)
        package = module if file.name == "__init__.py" else module.rpartition(".")[0]
        for name, line in _imported_names(tree, package):
            # `from teamvoice.audio import pcm` names a module, `… import RATE` something in one.
            imported = name if name in modules else name.rpartition(".")[0] or name
            yield Import(module, imported, f"{file.relative_to(root)}:{line}")


def _imported_names(tree: ast.AST, package: str) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [f"{_base(node, package)}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            if name.startswith("teamvoice."):
                yield name.removeprefix("teamvoice."), node.lineno


def _base(node: ast.ImportFrom, package: str) -> str:
    """The absolute name of what is imported from; a relative import counts from its package."""
    if not node.level:
        return node.module or ""
    parts = ["teamvoice", *filter(None, package.split("."))]
    kept = parts[: len(parts) - node.level + 1]
    return ".".join([*kept, *filter(None, [node.module])])


def _names(tree: ast.AST) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name, node.lineno
            case ast.ImportFrom(names=aliases):
                yield from ((alias.name, node.lineno) for alias in aliases)


def _comments(file: Path) -> Iterator[tuple[int, str]]:
    text = io.StringIO(file.read_text(encoding="utf-8"))
    for token in tokenize.generate_tokens(text.readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _pins(lock: Path) -> dict[str, int]:
    """Each ``name==version`` with the number of its hashes."""
    pins: dict[str, int] = {}
    pin = ""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if line.lstrip().startswith("--hash=sha256:"):
            pins[pin] += 1
        elif line.strip():
            pin = line.split()[0]
            pins[pin] = 0
    return pins


def _module(root: Path, file: Path) -> str:
    """``audio.pcm`` for teamvoice/audio/pcm.py, ``audio`` for its ``__init__``."""
    parts = file.relative_to(root / "teamvoice").with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _sources(under: Path) -> Iterator[tuple[Path, ast.Module]]:
    for file in _files(under):
        if file.suffix == ".py":
            yield file, ast.parse(file.read_text(encoding="utf-8"), str(file))


def _files(root: Path) -> Iterator[Path]:
    """Every file of the project: what set-up, caches and version control keep is not."""
    for folder, folders, names in os.walk(root):
        folders[:] = sorted(n for n in folders if n == ".ci" or not _is_kept_out(n))
        yield from (Path(folder, name) for name in sorted(names) if name != ".git")


def _is_kept_out(name: str) -> bool:
    return name in _NOT_OURS or name.startswith(".")
