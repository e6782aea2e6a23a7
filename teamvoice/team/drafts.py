"""What stands in a prompt that is not free, and how a person clears it, in words of ours: pure.

What was typed there is the person's, or a pane's: it is named, and never told as our own words.
"""

from __future__ import annotations

import re

from teamvoice.team.profiles import Profile, found
from teamvoice.team.screen import compact

HEAD = 32  # characters by which a text is known again

_IMAGE = re.compile(r"\[Image #\d+\]")
_STUB = re.compile(r"\[Pasted [^\]]*\]")


def in_the_way(draft: str, profile: Profile, text: str, left: str) -> str:
    """Why no message is typed beside a draft, and what to press there, as a clause.

    Args:
        draft: What is in the prompt.
        profile: Of the agent whose prompt it is.
        text: The message that was to be typed.
        left: The one that was typed before: it may not have been taken, or have been given back
            when its work was interrupted. Empty when there is none.
    """
    keys, each = profile.prompt.clear, ", once for each line" if "\n" in draft else ""
    if ours := _ours(draft, text, left):
        clear = f"{keys} to clear it{each}" if keys else "clear it"
        return f"{ours}; press Enter there to submit it, or {clear}"
    clear = f"to clear it, press {keys} there{each}" if keys else "clear it there"
    return f"there is {_what(draft, profile)} in the prompt; {clear}"


def reads_as(draft: str, text: str) -> bool:
    """The draft is the text, or so much of it as is to be seen."""
    shown, whole = compact(draft), compact(text)
    return bool(shown) and (shown == whole or (len(shown) >= HEAD and shown in whole))


def _ours(draft: str, text: str, left: str) -> str:
    if reads_as(draft, text):
        return "this very message stands in the prompt"
    if left and reads_as(draft, left):
        return "the message that was sent before stands in the prompt"
    return ""


def _what(draft: str, profile: Profile) -> str:
    for sign, what in ((_IMAGE, "an image"), (_STUB, "a long paste")):
        if sign.search(draft):
            return what if not sign.sub("", draft).strip() else f"a draft with {what}"
    return "a long paste" if found(profile.signs.pasted, draft) else "a half-typed draft"
