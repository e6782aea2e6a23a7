"""What is said to the offline ears in tests and in the bench, and what must come of it.

``COMMANDS`` are the twelve of the acceptance test. ``VARIED`` was looked at while the corpus of the
ears was written. ``HELD_OUT`` was written after it, and none of its words may be added because they
fail; but how the ears weigh what they hear was tuned with a look at it. What was never looked at
stands in ``fresh_commands``. ``FOREIGN`` is speech that was not meant for us.
"""

from __future__ import annotations

from typing import NamedTuple

from teamvoice.offline.vocabulary import Vocabulary


class Spoken(NamedTuple):
    """An utterance and the one call that it must lead to.

    Args:
        member: The name that the tool is called with; empty for a tool that takes none.
        message: The text that the tool is given; empty for a tool that takes none.
    """

    said: str
    tool: str
    member: str = ""
    message: str = ""


TEAM = Vocabulary(
    members=(
        ("developer", ("dev", "engineer")),
        ("pm", ("project manager", "product manager")),
    )
)

WIDE_TEAM = Vocabulary(
    members=(
        ("developer", ("dev",)),
        ("pm", ("project manager",)),
        ("code_reviewer", ("reviewer",)),
        ("tester", ("qa",)),
        ("claude", ()),
        ("frontend", ("front end developer",)),
        ("devops", ()),
    ),
    words=("kubernetes",),
)

COMMANDS = (
    Spoken(
        "tell the developer to start working on the login feature",
        "send_message",
        "developer",
        "start working on the login feature",
    ),
    Spoken("what is the pm working on", "read_member", "pm"),
    Spoken(
        "ask the project manager to review the pull request",
        "send_message",
        "pm",
        "review the pull request",
    ),
    Spoken("stop the developer", "interrupt", "developer"),
    Spoken("give me a team status update", "team_status"),
    Spoken("who is on the team", "list_team"),
    Spoken("tell everyone to commit their work", "broadcast", "", "commit their work"),
    Spoken(
        "send a message to the dev that the tests are failing",
        "send_message",
        "developer",
        "the tests are failing",
    ),
    Spoken(
        "ask the pm for a summary of the open issues",
        "send_message",
        "pm",
        "give me a summary of the open issues",
    ),
    Spoken(
        "could you let the project manager know that the build is green again",
        "send_message",
        "pm",
        "the build is green again",
    ),
    Spoken("show me what is on the developer's screen", "read_member", "developer"),
    Spoken(
        "i want the engineer to write a unit test for the payment service",
        "send_message",
        "developer",
        "write a unit test for the payment service",
    ),
)

VARIED = (
    Spoken(
        "tell claude to rename the configuration file",
        "send_message",
        "claude",
        "rename the configuration file",
    ),
    Spoken(
        "ask the reviewer whether the patch looks good",
        "send_message",
        "code_reviewer",
        "tell me whether the patch looks good",
    ),
    Spoken(
        "have the tester reproduce the crash on the settings page",
        "send_message",
        "tester",
        "reproduce the crash on the settings page",
    ),
    Spoken("how is the tester doing", "read_member", "tester"),
    Spoken("interrupt claude", "interrupt", "claude"),
    Spoken(
        "please tell the front end developer to make the button blue",
        "send_message",
        "frontend",
        "make the button blue",
    ),
    Spoken("what's everybody doing right now", "team_status"),
    Spoken("tell the whole team that lunch is at noon", "broadcast", "", "lunch is at noon"),
    Spoken(
        "ask the code reviewer to look at the changes from yesterday",
        "send_message",
        "code_reviewer",
        "look at the changes from yesterday",
    ),
    Spoken(
        "let the developer know that the customer wants dark mode",
        "send_message",
        "developer",
        "the customer wants dark mode",
    ),
    Spoken("is the reviewer finished yet", "read_member", "code_reviewer"),
    Spoken(
        "message the tester that the staging server is down",
        "send_message",
        "tester",
        "the staging server is down",
    ),
    Spoken(
        "ask devops why the deployment takes so long",
        "send_message",
        "devops",
        "why the deployment takes so long",
    ),
    Spoken("which team members do i have", "list_team"),
    Spoken(
        "remind the developer to close the database connection",
        "send_message",
        "developer",
        "close the database connection",
    ),
    Spoken(
        "i need the tester to measure how much memory it uses",
        "send_message",
        "tester",
        "measure how much memory it uses",
    ),
    Spoken("cancel what claude is doing", "interrupt", "claude"),
    Spoken("read me the last lines from the reviewer", "read_member", "code_reviewer"),
    Spoken(
        "tell the developer to use a smaller image and try again",
        "send_message",
        "developer",
        "use a smaller image and try again",
    ),
    Spoken("give me an overview of the team", "team_status"),
    Spoken(
        "inform the project manager that we will be late",
        "send_message",
        "pm",
        "we will be late",
    ),
    Spoken(
        "tell devops to roll back the last release",
        "send_message",
        "devops",
        "roll back the last release",
    ),
    Spoken(
        "ask everyone to push their branches before five",
        "broadcast",
        "",
        "push their branches before five",
    ),
    Spoken(
        "tell the tester to ignore the warnings for now",
        "send_message",
        "tester",
        "ignore the warnings for now",
    ),
    Spoken("what did the project manager say", "read_member", "pm"),
    Spoken(
        "ask claude to explain how the parser works",
        "send_message",
        "claude",
        "explain how the parser works",
    ),
    Spoken("make the front end developer stop", "interrupt", "frontend"),
    Spoken(
        "tell the reviewer to approve it if the tests pass",
        "send_message",
        "code_reviewer",
        "approve it if the tests pass",
    ),
)

HELD_OUT = (
    Spoken(
        "tell the tester to open the page in an older browser",
        "send_message",
        "tester",
        "open the page in an older browser",
    ),
    Spoken(
        "ask the developer how many files are affected",
        "send_message",
        "developer",
        "how many files are affected",
    ),
    Spoken("what's the frontend doing at the moment", "read_member", "frontend"),
    Spoken(
        "tell claude that i prefer the second version",
        "send_message",
        "claude",
        "i prefer the second version",
    ),
    Spoken(
        "have devops increase the disk space on the build machine",
        "send_message",
        "devops",
        "increase the disk space on the build machine",
    ),
    Spoken(
        "ask the project manager for the list of features",
        "send_message",
        "pm",
        "give me the list of features",
    ),
    Spoken("pause the reviewer", "interrupt", "code_reviewer"),
    Spoken("please stop the front end developer right now", "interrupt", "frontend"),
    Spoken("how far is claude", "read_member", "claude"),
    Spoken("show me the output of the tester", "read_member", "tester"),
    Spoken("how is everybody getting on", "team_status"),
    Spoken("who is in my team", "list_team"),
    Spoken(
        "tell everybody to stop using the old interface",
        "broadcast",
        "",
        "stop using the old interface",
    ),
    Spoken(
        "let everyone know that the office closes early on friday",
        "broadcast",
        "",
        "the office closes early on friday",
    ),
    Spoken(
        "tell the reviewer that the second commit contains a mistake",
        "send_message",
        "code_reviewer",
        "the second commit contains a mistake",
    ),
    Spoken(
        "ask the tester to click every link in the footer",
        "send_message",
        "tester",
        "click every link in the footer",
    ),
    Spoken(
        "i would like claude to translate the comments into german",
        "send_message",
        "claude",
        "translate the comments into german",
    ),
    Spoken(
        "send a message to the pm that the invoice is wrong",
        "send_message",
        "pm",
        "the invoice is wrong",
    ),
    Spoken(
        "could you ask the code reviewer what he thinks of the new names",
        "send_message",
        "code_reviewer",
        "what he thinks of the new names",
    ),
    Spoken(
        "warn devops that the disk is almost full",
        "send_message",
        "devops",
        "the disk is almost full",
    ),
    Spoken(
        "tell the developer to sort the results by date",
        "send_message",
        "developer",
        "sort the results by date",
    ),
    Spoken(
        "tell the front end developer to hide the banner on small screens",
        "send_message",
        "frontend",
        "hide the banner on small screens",
    ),
    Spoken(
        "get the tester to record a video of the problem",
        "send_message",
        "tester",
        "record a video of the problem",
    ),
    Spoken(
        "ask the developer to count the lines of code",
        "send_message",
        "developer",
        "count the lines of code",
    ),
    Spoken("what is the status of devops", "read_member", "devops"),
    Spoken(
        "remind the project manager that we meet on tuesday",
        "send_message",
        "pm",
        "we meet on tuesday",
    ),
)

FOREIGN = (
    "the weather in paris is lovely at this time of the year",
    "my grandmother baked an apple pie last sunday",
    "one of them is quite tall and the other wears a hat",
    "he drove the old car across the mountains to the sea",
    "could you pass me the salt please",
    "the stock market closed slightly higher on friday",
)
