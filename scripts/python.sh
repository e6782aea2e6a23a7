# shellcheck shell=sh
# The virtual environment and what is in it. Sourced by setup.sh, which sets $log.
: "${log:?setup.sh sets it}"

# A stamp holds what a step was done for; when that is what it would be done for now, it is done.
stamped() {
    [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]
}

# virtual_environment: makes .venv, and makes it anew when its Python is gone or it was moved here.
virtual_environment() {
    if stamped .venv/.made-in "$PWD" && is_new_enough .venv/bin/python; then
        return
    fi
    python=$(choose_python)
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        get_venv_module "$python"
    fi
    step "Making the virtual environment .venv with $("$python" --version)"
    "$python" -m venv --clear .venv >>"$log" 2>&1 ||
        fail "$python could not make a virtual environment (see $log)" \
            "see what '$python -m venv --clear .venv' says, then run make again"
    printf '%s\n' "$PWD" >.venv/.made-in
}

# choose_python: prints the Python to use; $PYTHON when it is set.
choose_python() {
    if [ -z "${PYTHON:-}" ] && ! command -v python3 >/dev/null && command -v apt-get >/dev/null; then
        apt_install "python3 python3-venv"
    fi
    # A name on PATH may be a shim with nothing behind it, so each is tried.
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "it needs Python 3.11 or newer; found: $(describe_python "${PYTHON:-python3}")" \
        "install python3.11 or newer (with its venv module), or say which: make PYTHON=/path/to/python3"
}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

describe_python() {
    "$1" --version 2>/dev/null || echo "no working $1"
}

# get_venv_module PYTHON: Debian keeps it in a package of its own, named for the version.
get_venv_module() {
    version=$("$1" -c 'import sys; print("python%d.%d" % sys.version_info[:2])')
    command -v apt-get >/dev/null || fail "$1 lacks the modules venv and ensurepip" \
        "install them, or another Python, and run make again"
    apt_install "$version-venv"
    "$1" -c 'import ensurepip, venv' 2>>"$log" || fail "$1 still lacks venv and ensurepip" \
        "say which Python to use: make PYTHON=/usr/bin/python3"
}

# python_packages PURPOSE: the pinned packages, then teamvoice itself, editable.
python_packages() {
    install_lock requirements.lock
    if [ "$1" = test ]; then
        # Built without isolation: what builds is pinned in the lock file above.
        install_lock requirements-dev.lock --no-build-isolation --use-pep517
    fi
    install_teamvoice
}

# install_lock FILE [PIP OPTION…]
install_lock() {
    lock=$1
    shift
    now=$(cksum <"$lock")
    if stamped ".venv/.$lock" "$now"; then
        return
    fi
    step "Installing the Python packages of $lock"
    pip_install --require-hashes "$@" --requirement "$lock" || fail_of_pip "$lock"
    printf '%s\n' "$now" >".venv/.$lock"
}

install_teamvoice() {
    now=$(cksum <pyproject.toml)
    if stamped .venv/.teamvoice "$now" && [ -x .venv/bin/teamvoice ]; then
        return
    fi
    step "Installing teamvoice into .venv, editable"
    pip_install --no-build-isolation --editable . || fail_of_pip teamvoice
    printf '%s\n' "$now" >.venv/.teamvoice
}

# pip_install ARGUMENT…: nothing but what is named; a lock file names everything.
pip_install() {
    PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 \
        .venv/bin/python -m pip install --quiet --no-input --no-deps "$@" >>"$log" 2>&1 </dev/null
}

fail_of_pip() {
    tail -n 5 "$log" >&2
    if command -v cc >/dev/null; then
        fail "pip could not install $1 (see $log)" "check the network, then run make again"
    fi
    fail "pip could not install $1 (see $log)" \
        "check the network; if a package had to be compiled, install a C compiler and Python's headers \
(Debian: build-essential python3-dev); then run make again"
}
