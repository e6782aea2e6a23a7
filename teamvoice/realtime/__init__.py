"""The wire: a Realtime session over WebSocket.

What is said, from the inside out::

    requests      what we send, a struct for each client event
    events        what we receive, a struct for each server event; parts is what they carry
    decoder       from frames to events
    session       how a session is to be; instructions is what the model is told
    profiles      what we know of each kind of server, as data
    providers     whom we talk to: a profile with an address and a key
    dialect       requests, in the way in which a server takes them

and who says it::

    client        one session over one connection
    endings       how a connection fails to open, and how it ends
    link          keeps a session up
    tenure        the time in which it is up, over however many sessions
    upkeep        what the link is told about changing sessions, and resting
    rotation      when a session makes way for the next
    failures      what a failure means for the link
    backoff       how long the link waits

*What* to send, and when, is decided in ``teamvoice.conversation``; nothing here knows of turns.
"""
