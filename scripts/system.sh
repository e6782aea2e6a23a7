# shellcheck shell=sh
# The programs and libraries that pip cannot bring. Sourced by setup.sh, which sets $log.
: "${log:?setup.sh sets it}"

# What is needed, one a line: what proves that it is here, and its package for apt and for brew ("-"
# where brew has none or the system brings it). `lib:X` is a shared library, `deb:X` a package of
# Debian that has no program of its own.
needed_to_run() {
    cat <<'LIST'
tmux tmux tmux
lib:libportaudio.so.2 libportaudio2 portaudio
deb:libasound2-plugins libasound2-plugins -
speech flite espeak-ng
LIST
}

needed_to_test() {
    needed_to_run
    cat <<'LIST'
flite flite -
espeak-ng espeak-ng espeak-ng
Xvfb xvfb -
xdotool xdotool -
xauth xauth -
dbus-run-session dbus -
pulseaudio pulseaudio -
pactl pulseaudio-utils -
ps procps -
ssh openssh-client -
deb:openssh-server openssh-server -
systemd-analyze systemd -
git git git
node nodejs node
npm npm node
LIST
}

# system_packages PURPOSE: installs what is missing, or says what to install.
system_packages() {
    if command -v apt-get >/dev/null; then
        missing=$("needed_to_$1" | missing_packages 2)
        [ -z "$missing" ] || apt_install "$missing"
    elif command -v brew >/dev/null; then
        missing=$("needed_to_$1" | missing_packages 3)
        [ -z "$missing" ] || brew_install "$missing"
    else
        missing=$("needed_to_$1" | missing_packages 2)
        [ -z "$missing" ] || fail "this machine lacks (in Debian's names) $missing" \
            "install them with this system's package manager, then run make again"
    fi
}

# missing_packages COLUMN: of the list on standard input, the packages whose proof is not here.
missing_packages() {
    while read -r proof apt brew; do
        package=$apt
        [ "$1" = 2 ] || package=$brew
        [ "$package" = - ] || is_here "$proof" || printf '%s ' "$package"
    done | sed 's/ $//'
}

is_here() {
    case $1 in
        speech) command -v flite || command -v espeak-ng ;;
        lib:*) has_library "${1#lib:}" ;;
        deb:*) ! command -v dpkg-query || has_package "${1#deb:}" ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

has_library() {
    if command -v brew; then
        return 0 # on macOS the Python packages bring their own
    fi
    PATH=$PATH:/usr/sbin:/sbin ldconfig -p | grep -qF "$1"
}

has_package() {
    dpkg-query --show --showformat='${db:Status-Status}' "$1" | grep -qx installed
}

# apt_install "PACKAGE PACKAGE …"
apt_install() {
    sudo=$(how_to_be_root "$1")
    step "Installing system packages: $1"
    apt_get "$sudo" update || fail "apt-get update did not work (see $log)" \
        "check the network and apt's sources, then run make again"
    # shellcheck disable=SC2086 # a list of names
    apt_get "$sudo" install --yes --no-install-recommends $1 ||
        fail "apt-get could not install: $1 (see $log)" \
            "check the network, see what 'apt-get install $1' says, then run make again"
}

# how_to_be_root "PACKAGES": prints what to put before a command; nothing for root.
how_to_be_root() {
    if [ "$(id -u)" -eq 0 ]; then
        return
    fi
    command -v sudo >/dev/null || fail "system packages are missing, and there is no sudo" \
        "as root: apt-get install $1; then run make again"
    if [ -t 0 ]; then
        echo "sudo"
    else
        echo "sudo --non-interactive" # nobody is there to type a password
    fi
}

# apt_get "SUDO" ARGUMENT…: waits for another apt for two minutes, asks nothing.
apt_get() {
    as_root=$1
    shift
    # shellcheck disable=SC2086 # "sudo", "sudo --non-interactive", or nothing
    $as_root env DEBIAN_FRONTEND=noninteractive \
        apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >>"$log" 2>&1 </dev/null
}

brew_install() {
    step "Installing with brew: $1"
    # shellcheck disable=SC2086 # a list of names
    brew install --quiet $1 >>"$log" 2>&1 || fail "brew could not install: $1 (see $log)" \
        "see what 'brew install $1' says, then run make again"
}
