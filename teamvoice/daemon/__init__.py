"""The daemon: wiring, control socket, journal."""
