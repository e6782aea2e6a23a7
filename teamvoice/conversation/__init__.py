"""The turn as a machine without I/O: events in, commands out.

Nothing here reads a clock, opens a device or waits; time arrives in the events. ``daemon.bridge``
turns the commands into deeds and what happens back into events.
"""
