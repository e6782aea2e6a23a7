# shellcheck shell=sh
# The real agents that tests start in a pane, with a stand-in for their model. Sourced by setup.sh,
# which sets $log. They are big (some 800 MB), and without them the tests that need them say so and
# are skipped: so a network that cannot be reached is told here, and no failure.
: "${log:?setup.sh sets it}"

# real_agents: exactly the versions and hashes of tests/agents/package-lock.json.
real_agents() {
    now=$(cksum <tests/agents/package-lock.json)
    if stamped .cache/agents/.installed "$now"; then
        return
    fi
    step "Installing the real agents that tests start into .cache/agents (some 800 MB)"
    mkdir -p .cache/agents
    cp tests/agents/package.json tests/agents/package-lock.json .cache/agents/
    if npm_install .cache/agents; then
        printf '%s\n' "$now" >.cache/agents/.installed
    else
        step "npm could not install them (see $log): the tests that need them will be skipped"
    fi
}

# npm_install DIRECTORY: no script of a package is run but the one that puts Claude's program in place,
# which newer npm would ask about. They count as installed when they start.
npm_install() {
    (
        npm ci --prefix "$1" --ignore-scripts --no-audit --no-fund &&
            cd "$1" && node node_modules/@anthropic-ai/claude-code/install.cjs &&
            HOME=$PWD node_modules/.bin/claude --version && HOME=$PWD node_modules/.bin/codex --version
    ) >>"$log" 2>&1 </dev/null
}
