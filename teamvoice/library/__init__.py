"""The small face for programs of your own: a client, a microphone with a speaker, conversions.

Import the names from ``teamvoice`` itself.
"""
