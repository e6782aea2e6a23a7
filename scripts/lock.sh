#!/bin/sh
# Makes the two lock files from pyproject.toml: exact versions with their hashes, for every Python and
# system that we support, and no address, so that pip takes them from wherever this machine gets its
# packages. Run by `make lock`; needs the network.
#
#   requirements.lock       what runs: the package, its extras, and what builds it
#   requirements-dev.lock   the same, and what tests it
#
# evdev stays out: pynput names it, but only its uinput backend, which we never use, imports it. It
# comes as source alone, and a compiler is not something that a first run should have to install.
set -eu

cd "$(dirname "$0")/.."
. scripts/say.sh

tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
step "Fetching uv into a throwaway environment"
"${PYTHON:-python3}" -m venv "$tools"
"$tools/bin/python" -m pip install --quiet --disable-pip-version-check uv

compile() {
    # An existing lock file is read as a preference: only what must change changes. Delete it, or
    # say `make lock UPGRADE=1`, to take the newest of everything.
    "$tools/bin/uv" pip compile pyproject.toml --quiet --universal --python-version 3.11 \
        --group build --generate-hashes --no-header --no-annotate \
        --no-emit-index-url --no-emit-find-links --no-emit-package evdev \
        ${UPGRADE:+--upgrade} "$@"
}

step "Resolving what runs"
compile --extra offline --extra tui --extra wayland --output-file requirements.lock
step "Resolving what tests it"
compile --all-extras --constraint requirements.lock --output-file requirements-dev.lock
