"""The daemon as a service of the person's session: systemd's, or launchd's on macOS."""
