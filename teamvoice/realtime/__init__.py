"""The wire: a Realtime session over WebSocket.

What is said, from the inside out::

    requests      what we send, a struct for each client event
    events        what we receive, a struct for each server event; parts is what they carry
    decoder       from frames to events
    session       how a session is to be; instructions is what the model is told
    providers     whom we talk to, as data

and who says it::

    client        one session over one connection
    link          keeps a session up
    failures      what a failure means for the link
    backoff       how long the link waits

*What* to send, and when, is decided in ``teamvoice.conversation``; nothing here knows of turns.
"""
