"""Sound: conversions, capture, playback, chimes."""
