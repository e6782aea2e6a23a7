#!/bin/sh
# Sets up what is missing and nothing else, so that a second run is quick:
#
#   scripts/setup.sh run    what `teamvoice demo` and `teamvoice run` need
#   scripts/setup.sh test   that, and what the tests and the linters need, the real agents included
#
# System packages come from apt (through sudo when not root) or brew; elsewhere it says what to
# install. Python packages go into .venv, exactly the versions and hashes of the lock files.
# What pip, npm and apt had to say is in .cache/setup.log.
set -eu

cd "$(dirname "$0")/.."
log=.cache/setup.log
. scripts/say.sh
. scripts/system.sh
. scripts/python.sh
. scripts/agents.sh

purpose=${1:-run}
case $purpose in
    run | test) ;;
    *) fail "unknown purpose '$purpose'" "scripts/setup.sh run, or scripts/setup.sh test" ;;
esac

mkdir -p .cache
: >"$log"
system_packages "$purpose"
virtual_environment
python_packages "$purpose"
[ "$purpose" = run ] || real_agents
