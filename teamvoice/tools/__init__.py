"""The tools of the voice."""
