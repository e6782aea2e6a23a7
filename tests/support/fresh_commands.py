"""What is said to the offline ears to learn how good they are with what nobody prepared them for.

Written before the ears were last tuned and measured once after it. Nothing may be mended or tuned
by what fails here, else it tells nothing any more: then it is time for a new set.
"""

from __future__ import annotations

from tests.support.commands import Spoken

FRESH = (
    Spoken(
        "tell the developer to wrap the call in a transaction",
        "send_message",
        "developer",
        "wrap the call in a transaction",
    ),
    Spoken(
        "ask claude to write a script that copies the old records",
        "send_message",
        "claude",
        "write a script that copies the old records",
    ),
    Spoken(
        "have the tester check the keyboard shortcuts on a laptop",
        "send_message",
        "tester",
        "check the keyboard shortcuts on a laptop",
    ),
    Spoken(
        "tell devops to rotate the certificates before the weekend",
        "send_message",
        "devops",
        "rotate the certificates before the weekend",
    ),
    Spoken(
        "let the project manager know that the contractor starts in march",
        "send_message",
        "pm",
        "the contractor starts in march",
    ),
    Spoken(
        "tell the reviewer that i pushed a fix for the typo",
        "send_message",
        "code_reviewer",
        "i pushed a fix for the typo",
    ),
    Spoken(
        "ask the front end developer to align the labels with the input fields",
        "send_message",
        "frontend",
        "align the labels with the input fields",
    ),
    Spoken(
        "what has the tester found so far",
        "read_member",
        "tester",
    ),
    Spoken(
        "what's devops busy with",
        "read_member",
        "devops",
    ),
    Spoken(
        "please interrupt the reviewer",
        "interrupt",
        "code_reviewer",
    ),
    Spoken(
        "tell everyone to join the call in five minutes",
        "broadcast",
        "",
        "join the call in five minutes",
    ),
    Spoken(
        "tell the whole team that the repository has a new address",
        "broadcast",
        "",
        "the repository has a new address",
    ),
    Spoken(
        "ask the developer to move the helper into a separate package",
        "send_message",
        "developer",
        "move the helper into a separate package",
    ),
    Spoken(
        "tell claude to keep the public interface as it is",
        "send_message",
        "claude",
        "keep the public interface as it is",
    ),
    Spoken(
        "remind devops to check the alarms from last night",
        "send_message",
        "devops",
        "check the alarms from last night",
    ),
    Spoken(
        "send a message to the tester that the new build is on the phone",
        "send_message",
        "tester",
        "the new build is on the phone",
    ),
    Spoken(
        "ask the project manager which customers reported the outage",
        "send_message",
        "pm",
        "which customers reported the outage",
    ),
    Spoken(
        "i want the reviewer to pay attention to the locking",
        "send_message",
        "code_reviewer",
        "pay attention to the locking",
    ),
    Spoken(
        "could you tell the developer that the counter starts at the wrong value",
        "send_message",
        "developer",
        "the counter starts at the wrong value",
    ),
    Spoken(
        "how is the code reviewer doing",
        "read_member",
        "code_reviewer",
    ),
    Spoken(
        "cancel what the front end developer is doing",
        "interrupt",
        "frontend",
    ),
    Spoken(
        "give me a summary of what everyone is doing",
        "team_status",
    ),
    Spoken(
        "list all the team members",
        "list_team",
    ),
    Spoken(
        "tell the developer to catch the exception and write it to the log",
        "send_message",
        "developer",
        "catch the exception and write it to the log",
    ),
    Spoken(
        "ask claude why it chose a linked list",
        "send_message",
        "claude",
        "why it chose a linked list",
    ),
    Spoken(
        "tell the front end developer to load the pictures lazily",
        "send_message",
        "frontend",
        "load the pictures lazily",
    ),
    Spoken(
        "inform the project manager that the estimate has doubled",
        "send_message",
        "pm",
        "the estimate has doubled",
    ),
    Spoken(
        "get devops to give the developer access to the cluster",
        "send_message",
        "devops",
        "give the developer access to the cluster",
    ),
)
