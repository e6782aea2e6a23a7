"""The intents: what can be asked of the team, in the many ways that people ask it.

A pattern is a regular expression over a sentence's words in which ``M`` stands for one or several
marked members, ``P`` for a possessive one, ``T`` for a message, and ``N`` for closing words that
say nothing ("now", "please"). The first pattern that fits the whole sentence wins. Whatever
writes needs its verb and its member; only reading, which harms nobody, is guessed from less.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto


class Kind(Enum):
    """What is wanted."""

    SEND = auto()
    INTERRUPT = auto()
    ANSWER = auto()
    NOTIFY = auto()
    READ = auto()
    STATUS = auto()
    LIST = auto()
    NEEDS = auto()
    HELP = auto()
    CHAT = auto()
    WHO = auto()  # a command that lacks its member


@dataclass(frozen=True, slots=True)
class Intent:
    """What is wanted of whom.

    Args:
        members: Marks without their ``@``: ``"0"``, ``"0_2"``, ``"all"``.
        text: The message, the answer to a prompt, or the state to wait for.
        lines: How many lines of a screen were asked for; 0 when none were named.
    """

    kind: Kind
    members: tuple[str, ...] = ()
    text: str = ""
    lines: int = 0


# The letters of the patterns. A T that is greedy leaves nothing behind it but what is asked for.
M = r"@(?:all|[\d_]+)(?:(?: @[\d_]+)* and @[\d_]+)?(?!')"
P = r"@(?:all|[\d_]+)'s"
T = r"(?P<t>.+)"
N = (
    r"(?: (?:now|right now|please|immediately|at once|right away|at the moment|currently|today|"
    r"so far|yet|again|for me|this moment|here|to me|lately|recently|then|exactly))*"
)

# What may part two commands besides a word such as "and".
CLOSING_MARK = re.compile(r"[.;!?,\n]")
POLITE = re.compile(
    r"(?:(?:please|ok|okay|hey|hi|so|well|um|uh|now|then|also|just|kindly|and|teamvoice|"
    r"can you|could you|would you|will you|can i|may i|i want you to|i would like you to|"
    r"i'd like you to|you should|go ahead and|go and|do me a favor and) )+"
)
TELL_ME = (
    r"(?:(?:tell|show|give|get|bring|read)(?: to)? me |let me (?:know|see|have|hear) |"
    r"i (?:want|need|would like) to (?:know|see|hear) |i'd like to (?:know|see|hear) |"
    r"do you know |find out |see |show |read |give |display |print |read out )?"
)
_NOTE = r"(?:(?:a|the|this|my|an)(?: quick| short| new)? )?(?:message|note|text|word|reminder|memo)"
_REST = r"(?:doing|working(?: on)?|up to|running|busy with)"
_PRONOUN = r"(?:he|she|it|they|you)(?:'s|'re| is| are)?"
_READY = (
    r"(?:done|finished|ready|idle|free|waiting|stuck|blocked|busy|working|needs? (?:me|help)|"
    r"available|complete)"
)
_ANYONE = r"(?:anyone|anybody|someone|somebody|any of them)"
_SCREEN = r"(?:screen|terminal|pane|window|output|status|progress|state|work|prompt|display)"
_STATUS_WORD = r"(?:status|update|overview|summary|report|rundown|state|progress|news)"
_CHOICE = (
    r"(?:with )?(?:option |number |choice )?"
    r"(?P<c>yes|no|one|two|three|four|five|six|seven|eight|nine)"
)

_PATTERNS: dict[Kind, tuple[str, ...]] = {
    Kind.NOTIFY: (
        (
            rf"(?:tell|notify|ping|alert|call|warn) me (?:when|once|as soon as) {M} (?:is|are|has|"
            rf"gets|becomes) ?(?P<s>{_READY}){N}"
        ),
        rf"(?:tell|notify|ping|alert) me (?:when|once|as soon as) {M} (?P<s>{_READY}){N}",
        (
            rf"let me know (?:when|once|as soon as) {M} (?:(?:is|are|has|gets|becomes) "
            rf")?(?P<s>{_READY}){N}"
        ),
    ),
    Kind.ANSWER: (
        (
            rf"(?P<yes>approve|allow|accept|confirm) (?:{M}|{P} (?:request|question|prompt|command|"
            rf"plan)){N}"
        ),
        (
            r"(?P<yes>approve|allow|accept|confirm) the (?:request|question|prompt) (?:of|from) "
            rf"{M}{N}"
        ),
        (
            rf"(?P<no>deny|reject|decline|refuse|disallow) (?:{M}|{P} (?:request|question|prompt|"
            rf"command|plan)){N}"
        ),
        (
            r"(?P<no>deny|reject|decline|refuse) the (?:request|question|prompt) (?:of|from) "
            rf"{M}{N}"
        ),
        rf"(?:say|answer|reply) {_CHOICE} to (?:{M}|{P} (?:request|question|prompt)){N}",
        rf"(?:answer|reply to) (?:{M}|{P} (?:request|question|prompt)) {_CHOICE}{N}",
        rf"(?:choose|pick|select|take) {_CHOICE} (?:for|at|with) {M}{N}",
    ),
    Kind.INTERRUPT: (
        (
            rf"(?:stop|interrupt|cancel|halt|abort|pause) {M}(?: (?:from )?working| what "
            rf"{_PRONOUN} doing)?{N}"
        ),
        (
            rf"(?:stop|interrupt|cancel|halt|abort) {P} (?:work|task|current task|turn|run|answer|"
            rf"job){N}"
        ),
        rf"(?:stop|interrupt|cancel|halt|abort) what {M} (?:is|are) {_REST}{N}",
        (
            rf"(?:tell|make|have|get|ask|order) {M}(?: to)? stop(?: working| what {_PRONOUN} doing|"
            rf" it)?{N}"
        ),
        rf"{M} (?:please )?stop{N}",
    ),
    Kind.SEND: (
        rf"(?P<q>ask) {M} {T}",
        (
            r"(?:tell|instruct|order|command|remind|inform|notify|warn|advise|message|ping|text) "
            rf"{M} (?:(?:to|that|saying that|saying) )?{T}"
        ),
        rf"let {M} know (?:that )?{T}",
        rf"(?:have|make|let) {M} {T}",
        rf"get {M} to {T}",
        rf"(?:i want|i need|i would like|i'd like|we want|we need) {M} to {T}",
        (
            rf"(?:send|give|write|pass|forward|leave|drop) {_NOTE} to {M} (?:(?:to|that|saying "
            rf"that|saying) )?{T}"
        ),
        (
            rf"(?:send|give|write|pass|forward|leave|drop) {M} {_NOTE} (?:(?:to|that|saying that|"
            rf"saying) )?{T}"
        ),
        rf"(?:say|write|relay) to {M} (?:that )?{T}",
        rf"(?:send|forward|relay|say|write) (?:{_NOTE} )?{T} to {M}",
        rf"(?:broadcast|announce) (?:to (?P<a>@all) )?(?:that )?{T}",
        rf"{M} (?:please|can you|could you|would you|will you) {T}",
    ),
    Kind.NEEDS: (
        rf"who (?:needs|wants) (?:me|my .+){N}",
        rf"(?:does|do) {_ANYONE} need (?:me|my .+|anything|help|something){N}",
        rf"(?:is|are) {_ANYONE} waiting(?: (?:for|on) (?:me|an answer|my .+))?{N}",
        rf"(?:who|what) (?:is|are) (?:waiting|blocked)(?: (?:for|on) (?:me|my .+))?{N}",
        rf"who's (?:waiting|blocked)(?: (?:for|on) me)?{N}",
        rf"(?:what|who) needs my (?:attention|help|answer|approval){N}",
        rf"(?:is|are) there (?:anything|any questions|questions)(?: (?:for|waiting for) me)?{N}",
        rf"(?:any|are there any) (?:open )?questions(?: for me)?{N}",
    ),
    Kind.LIST: (
        rf"who(?: is|'s| are| all is)?(?: all)? (?:on|in|part of|a member of) @all{N}",
        rf"who (?:are|is) (?:@all|(?:the|my|our) (?:team |team's )?members){N}",
        rf"{TELL_ME}who is (?:on|in) @all{N}",
        rf"(?:who is|who's|who are) (?:there|here|around|listening|you all){N}",
        rf"who (?:do i|do we) have{N}",
        rf"(?:who|whom) can i (?:talk|speak) to{N}",
        (
            r"(?:list|name) (?:@all|all|(?:all |all of )?(?:the |my |our )?(?:team )?(?:members|"
            rf"agents))(?: members)?{N}"
        ),
        rf"{TELL_ME}(?:a list of )?(?:all )?(?:the |my |our )?(?:team |@all )?members{N}",
        r"(?:which|what) (?:team )?(?:members|agents|people|teammates)(?: .{1,20})?",
        r"how many (?:people|members|agents|teammates)(?: .{1,24})?",
    ),
    Kind.STATUS: (
        (
            rf"{TELL_ME}(?:(?:a|an|the|my|our|quick|short|brief) )*(?:team )?{_STATUS_WORD}(?: "
            rf"(?:update|report))?(?: (?:of|on|for|from|about) @all)?{N}"
        ),
        rf"(?:what's|what is) (?:the |our )?(?:team )?(?:status|state|progress)(?: of @all)?{N}",
        rf"(?:what's|what is) (?:going on|happening|new|up){N}",
        rf"how (?:is|are|'s) (?:it|things|everything)(?: going| doing)?{N}",
        rf"how's (?:it|everything) going{N}",
        rf"(?:who is|who's) (?:still |currently )?{_READY}{N}",
        rf"(?:is|are|has) {_ANYONE} .+",
        rf"{TELL_ME}@all's {_SCREEN}{N}",
    ),
    Kind.READ: (
        (
            rf"{TELL_ME}what(?:'s| is| are| was| were| has| did| does| do)? {M} (?:is |are |has |"
            rf"was )?(?:been )?(?:just |currently |still )?(?:{_REST}|do|does|did|done|say|says|"
            rf"said|saying|needs?|wants?|writes?|wrote|reports?){N}"
        ),
        (
            rf"{TELL_ME}(?:what(?:'s| is)? )?(?:is )?(?:on |happening on |showing on )?(?:the "
            rf")?(?:{P} {_SCREEN}|{_SCREEN} of {M}){N}"
        ),
        (
            rf"{TELL_ME}(?:what's|what is) (?:happening|going on|up) (?:with|at|on) (?:{M}|{P} "
            rf"{_SCREEN}){N}"
        ),
        (
            rf"{TELL_ME}how(?: is|'s| are)? {M}(?: is| are)?(?: doing| going| getting on| getting "
            rf"along| coming along)?{N}"
        ),
        rf"{TELL_ME}how(?: is|'s) it going with {M}{N}",
        rf"{TELL_ME}how far(?: along)? (?:is {M}|{M} is){N}",
        rf"{TELL_ME}where (?:is {M}|{M} is)(?: at)?{N}",
        (
            rf"{TELL_ME}(?:if |whether )?(?:is|are|has|{M} is|{M} has) (?:{M} )?(?:already |still |"
            rf"currently |all )?{_READY}(?: .{{1,24}})?"
        ),
        (
            rf"{TELL_ME}(?:(?:a|an|the|any|latest|quick) )*{_STATUS_WORD}(?: (?:update|report))? "
            rf"(?:of|on|from|for|about) {M}{N}"
        ),
        rf"{TELL_ME}(?:{P}|{M}) {_STATUS_WORD}(?: (?:update|report))?{N}",
        (
            rf"{TELL_ME}(?:the )?(?:last|latest|recent) (?:(?P<n>\w+) )?(?:lines?|words|output) "
            rf"(?:of|from|on|by|off) (?:{M}|{P} {_SCREEN}){N}"
        ),
        rf"(?=show|read|see|give|display|print|let|get){TELL_ME}{M}(?: {_SCREEN})?{N}",
        (
            rf"(?:check|check on|check in on|look at|look in on|view|watch) (?:{M}|{P} "
            rf"{_SCREEN}){N}"
        ),
    ),
    Kind.HELP: (
        rf"(?:i need )?help(?: me)?{N}",
        r"what (?:can|do) (?:you|i) (?:do|say|ask|understand)(?: .{1,20})?",
        rf"how does this work{N}",
    ),
    Kind.CHAT: (
        (
            r"(?:hello|hi|hey|good (?:morning|evening|afternoon|night)|bye|goodbye|thanks|thank "
            r"you|cheers|sorry)(?: .{1,24})?"
        ),
        (
            r"(?:how are you|who are you|what are you|what is your name|what's your name|are you "
            r"there|nice to .+)(?: .{1,24})?"
        ),
        r"(?:tell me|sing|make) (?:a |me )?(?:a )?(?:joke|story|song|something).*",
        (
            r"(?:what time is it|what's the time|what is the time|what day is it|what's the "
            r"weather|what is the weather|how is the weather).*"
        ),
    ),
}  # fmt: skip

COMPILED = tuple((kind, re.compile(p)) for kind, patterns in _PATTERNS.items() for p in patterns)
