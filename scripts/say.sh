# shellcheck shell=sh
# How the scripts speak, on standard error: what is being done, and, when it cannot be, why and how
# to mend it. Sourced, not run.

step() {
    printf '==> %s\n' "$1" >&2
}

# fail WHAT MEND: ends the script.
fail() {
    printf '\nteamvoice cannot be set up: %s\n' "$1" >&2
    printf '  Mend: %s\n' "$2" >&2
    exit 1
}
