"""The team: members, their tmux panes, and what becomes of a message."""
