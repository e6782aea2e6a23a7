"""A Realtime server of our own: speech in, intents, speech out, with no network."""
