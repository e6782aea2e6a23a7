"""The terminal face: the team, the conversation, levels and cost; keys to talk with.

It draws a :class:`teamvoice.ui.picture.Picture` and asks the daemon for deeds over the socket.
Every request is a worker of its own, so that the face never waits, and the daemon never for it.
"""

from __future__ import annotations

import asyncio
import os
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from typing import Any, ClassVar

from rich.text import Text
from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.geometry import Size
from textual.widgets import Input, OptionList, Static

from teamvoice.cli.output import indented, plain
from teamvoice.errors import NoDaemon, TeamvoiceError
from teamvoice.ui import wire
from teamvoice.ui.closer import Closer
from teamvoice.ui.conversation import Conversation
from teamvoice.ui.footer import LOOK, TALK, TYPE, footer
from teamvoice.ui.picture import LINES, Line, Picture, Reach
from teamvoice.ui.rows import asks_nothing, row
from teamvoice.ui.typed import Typed
from teamvoice.ui.words import settled, with_keys

Messages = AsyncIterator[dict[str, Any]]
Watch = Callable[[], Messages]
Past = Iterable[dict[str, Any]]

AGAIN_S = 1.0  # between two looks for a daemon that is gone
ROWS = 8  # of the team at once, and fewer in a low terminal; the conversation needs the rest
SMALLEST = (40, 10)  # columns and rows; less has no room for a face
SAYING = 3  # rows of what is being said
LOW = 16  # rows; in fewer, what is typed and what is being said have one each
_INDENT = 8  # of the words of a line, under which those go on that have no room beside them

_LINES = {
    "you": ("you    ", "bold"),
    "voice": ("voice  ", "green"),
    "call": ("  does ", "cyan"),
    "receipt": ("    -> ", ""),
    "news": ("news   ", "magenta"),
    "confirm": ("CONFIRM", "bold yellow"),
    "settled": ("confirm", "dim"),
    "notice": ("       ", "dim"),
    "trouble": ("trouble", "bold red"),
    "figures": ("       ", "dim"),
}


class Face(App[None]):
    """The terminal face.

    Args:
        read_only: Only look.
        word: Something to tell the person at first.
        past: Turns to begin with, as the journal keeps them, oldest first.
        watch: Where what happens comes from, again after each time that it has ended.
    """

    TITLE = "teamvoice"
    ENABLE_COMMAND_PALETTE = False
    CSS = """
    Screen { layout: vertical; layers: default above; overflow: hidden; }
    #head, #meters, #more, #keys { height: 1; }
    #keys { dock: bottom; color: $footer-foreground; background: $footer-background; }
    #keys { link-style: none; link-color: $footer-foreground; }
    #too-small { layer: above; width: 100%; height: 100%; background: $background; }
    #head, #team, #more { text-wrap: nowrap; text-overflow: ellipsis; }
    #team { height: auto; border: none; padding: 0; }
    #talk { height: 1fr; border-top: solid; overflow: hidden auto; scrollbar-size: 0 1; }
    #team.plain > .option-list--option-highlighted { text-style: bold underline; }
    #below { height: auto; }
    #saying { height: auto; }
    #typed.low { height: 1; border: none; padding: 0; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "key('toggle')", priority=True),
        Binding("m,M", "key('mute')", priority=True),
        Binding("c,C", "key('cancel')", priority=True),
        Binding("y,Y", "key('confirm')", priority=True),
        Binding("t,T", "type", priority=True),
        Binding("enter", "closer"),
        Binding("pageup", "scroll(-1)", priority=True),
        Binding("pagedown", "scroll(1)", priority=True),
        Binding("q,Q", "quit", priority=True),
        *(Binding(str(n), f"answer('{n}')", priority=True) for n in range(1, 10)),
        Binding("escape", "untype"),
    ]

    def __init__(
        self, *, read_only: bool = False, word: str = "", past: Past = (), watch: Watch = wire.watch
    ) -> None:
        super().__init__(ansi_color="NO_COLOR" in os.environ or None)  # then it has none at all
        self._watch = watch
        self._width = 79  # of the conversation, until it is known
        self._rows = ROWS
        self._written: deque[Line] = deque(maxlen=LINES)
        self.read_only = read_only
        self.picture = Picture()
        self._word = word
        self._past = past
        self._key_line = wire.KeyLine()
        self._requests = wire.Requests()
        self._drawn: list[str] = []  # the names in the team's rows
        self._chosen: str | None = None  # whose row was last selected

    def compose(self) -> ComposeResult:
        """From top to bottom."""
        yield Static(id="head")
        yield OptionList(id="team")
        yield Static(id="more")
        yield Conversation(LINES)
        yield Vertical(Static(id="saying"), Static(id="meters"), id="below")
        yield Typed(id="typed", placeholder="what you would have said; Escape leaves")
        yield Static(id="keys")
        yield Static(f"needs {SMALLEST[0]}×{SMALLEST[1]}, q quits", id="too-small")

    def on_mount(self) -> None:
        """Begin to listen."""
        self.query_one("#typed", Input).display = False
        self.query_one("#more", Static).display = False
        team = self.query_one("#team", OptionList)
        team.set_class(self.no_color, "plain").focus()
        self.query_one(Conversation).anchor()  # the newest line stays in view
        self._fit(self.size)
        for line in self.picture.begin_with(self._past):
            self._write(line)
        if self._word:
            self._write(Line("notice", self._word))
        self.run_worker(self._listen(), name="listen", group="listen")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Who only looks has no keys but to look; who types, types; any key closes a digest.

        The keys come here one by one before any widget has them, so that what is typed right
        after a T is for the line.
        """
        del parameters
        if self.read_only and action in {"key", "type", "answer"}:
            return False
        if self._is_too_small:  # what a key would do is not to be seen
            return action not in {"key", "type", "answer", "closer"}
        is_free = not self._is_typing and not isinstance(self.screen, Closer)
        return is_free or action not in {"key", "type", "answer", "closer", "quit"}

    # Listening ---------------------------------------------------------------------------------

    async def _listen(self) -> None:
        async with self._key_line:
            while True:
                await self._follow()
                await asyncio.sleep(AGAIN_S)

    async def _follow(self) -> None:
        """Listen to the daemon that runs, until it is gone."""
        try:
            async for message in self._watch():
                self._take(message)
        except NoDaemon as error:
            if self.picture.reach is not Reach.GONE:
                self._write(Line("trouble", str(error)))
        self.picture.gone()
        self._settle()
        self._draw()

    def _take(self, message: dict[str, Any]) -> None:
        before = self.picture.reach
        if "status" in message or message.get("event") == "confirmed":
            self._settle()
        for line in self.picture.take(message):
            self._write(line if self.read_only else with_keys(line))
        self._key_line.is_silent = self.picture.reach is Reach.SILENT
        match message:
            case {"event": "silent"}:
                self._requests.give_up()
            case {"event": "heard", "typed": True, "text": text}:
                self._requests.taken(str(text))
        if message.get("event") != "alive" or self.picture.reach is not before:
            self._draw()

    # Drawing -----------------------------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        """Wrap the conversation anew."""
        self._width = event.size.width - 1  # the last column is the scrollbar's
        self._fit(event.size)
        self._show_again()
        self._draw()

    def _show_again(self) -> None:
        for talk in self.query(Conversation):
            talk.put_again(map(self._text, self._written), self._width)

    def _settle(self) -> None:
        """What waited for a confirmation waits no more: what came of it stands below."""
        if any(line.kind == "confirm" for line in self._written):
            self._written = deque(map(settled, self._written), LINES)
            self._show_again()

    def _fit(self, size: Size) -> None:
        """Share out the rows that there are, or say that they are too few."""
        self._rows = max(1, min(ROWS, (size.height - 4) // 2))
        for place in self.query("#saying, #typed"):
            place.set_class(size.height < LOW, "low")
        for team in self.query("#team"):
            team.styles.max_height = self._rows
        for place in self.query("#too-small"):
            place.display = size.width < SMALLEST[0] or size.height < SMALLEST[1]

    def _write(self, line: Line) -> None:
        self._written.append(line)
        for talk in self.query(Conversation):
            if line.kind == "confirm":
                talk.anchor()  # what asks for a key is seen
            talk.put(self._text(line), self._width)

    def _text(self, line: Line) -> Text:
        sign, style = _LINES.get(line.kind, ("       ", ""))
        words = indented(line.text, self.console, self._width, _INDENT)
        return Text(f"{sign} {words}", style=style)

    def _draw(self) -> None:
        """Draw what is there: at the end the widgets go while the daemon still tells."""
        hearing, saying = Text(self.picture.hearing, "bold"), Text(self.picture.saying)
        drawn = {"head": self._head(), "saying": self._newest(hearing or saying)}
        for name, text in {**drawn, "meters": self._meters(), "keys": self._keys()}.items():
            for place in self.query(f"#{name}").results(Static):
                place.update(text)
        for team in self.query("#team").results(OptionList):
            self._draw_team(team)
        for more in self.query("#more").results(Static):
            more.display = len(self.picture.members) > self._rows or self.picture.has_nobody
            more.update(self._more())

    def _head(self) -> Text:
        status = self.picture.status
        match self.picture.reach:
            case Reach.GONE:
                return Text("no daemon answers: teamvoice run", style="bold red")
            case Reach.SILENT:
                which = f": process {status['pid']}" if "pid" in status else ""
                return Text(f"the daemon does not answer{which}", style="bold red")
        link = status.get("link", {})
        parts = [f"link {link.get('state', 'unknown')}", f"microphone {self.picture.microphone}"]
        parts += ["voice quiet"] if (status.get("speaker") or {}).get("quiet") else []
        parts += [str(link["provider"])] if link.get("provider") else []
        if (cost := status.get("cost", {})).get("day_usd"):
            parts.append(f"today ${cost['day_usd']:.2f}")
        if link.get("reason"):
            parts.append(str(link["reason"]))
        return Text(plain(" · ".join(parts)), style="reverse", no_wrap=True, overflow="ellipsis")

    def _draw_team(self, team: OptionList) -> None:
        room = self._width - 1  # a scrollbar takes two columns
        rows = [row(member, room) for member in self.picture.members]
        shown = [team.get_option_at_index(n).prompt for n in range(team.option_count)]
        names = [str(member.get("name", "?")) for member in self.picture.members]
        if (rows, names) == (shown, self._drawn):
            return
        if team.highlighted is not None:
            self._chosen = self._drawn[team.highlighted]
        self._drawn = names
        team.clear_options()
        team.add_options(rows)
        team.highlighted = self._row_of_chosen()

    def _newest(self, text: Text) -> Text:
        """Of what has no room, the end: it is what is said now."""
        rows = text.wrap(self.console, self._width + 1)
        return Text("\n").join(rows[-1 if self.size.height < LOW else -SAYING :])

    def _more(self) -> Text:
        """Under a team of more rows than are seen at once: who waits, wherever their rows are."""
        members = self.picture.members
        if self.picture.has_nobody:
            return Text("nobody is on the team: teamvoice init finds who is in your panes")
        waiting = [str(m.get("name", "?")) for m in members if m.get("state") == "waiting"]
        text = Text().append(f"{len(members) - self._rows} more", style="dim")
        if waiting:
            text.append(f" · waiting: {plain(', '.join(waiting))}", style="bold yellow")
        return text

    def _row_of_chosen(self) -> int | None:
        """The first while nobody was chosen; nobody's while who was chosen is away."""
        if self._chosen is None:
            return 0 if self._drawn else None
        return self._drawn.index(self._chosen) if self._chosen in self._drawn else None

    def _meters(self) -> Text:
        text = Text()
        width = max(6, min(24, (self._width - 23) // 2))
        for name in ("microphone", "voice"):
            filled = round((self.picture.levels[name] + 60) / 60 * width)
            text.append(f"{name} [{'#' * filled}{'.' * (width - filled)}] ")
        return text

    def _keys(self) -> Text:
        talk = LOOK if self.read_only else TALK
        return footer(TYPE if self._is_typing else talk, self._width + 1)

    # Deeds -------------------------------------------------------------------------------------

    def action_key(self, action: str) -> None:
        """The key, by other means."""
        self._start(self._key_line.press(action), lambda _reply: None)

    def action_type(self) -> None:
        """Type a turn."""
        typed = self.query_one("#typed", Input)
        typed.display = True
        self.screen.set_focus(typed)  # at once: what is typed next is for it
        self._draw()

    def action_scroll(self, pages: int) -> None:
        """Read what was said before; at its end the newest line stays in view again."""
        talk = self.query_one(Conversation)
        talk.scroll_page_up() if pages < 0 else talk.scroll_page_down()

    def action_help_quit(self) -> None:
        """Ctrl-C quits, as in any terminal; what is selected in the line is copied instead."""
        self.exit()

    def action_untype(self) -> None:
        """Leave typing."""
        typed = self.query_one("#typed", Input)
        typed.value = ""
        typed.display = False
        self.query_one("#team", OptionList).focus()
        self._draw()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A turn was typed."""
        text = event.value.strip()
        self.query_one(Conversation).anchor()
        self.action_untype()
        if text:
            self._start(self._requests.ask(text), lambda _reply: None)

    def on_option_list_option_selected(self, _event: OptionList.OptionSelected) -> None:
        """Enter on a member."""
        self.action_closer()

    def action_closer(self) -> None:
        """Show what is worth saying of the selected member."""
        if member := self._selected():
            self._start(self._requests.look(str(member["name"])), self._show_closer)

    def _show_closer(self, text: str) -> None:
        if not isinstance(self.screen, Closer):  # Enter was pressed twice
            self.push_screen(Closer(text))

    def action_answer(self, choice: str) -> None:
        """Answer the selected member's question."""
        if not (member := self._selected()):
            return
        name, question = str(member["name"]), member.get("question")
        if question:  # what comes of it, the daemon tells all faces
            self._start(self._requests.answer(name, choice, question), lambda _told: None)
            return
        if self.picture.reach is Reach.GONE:
            self._write(Line("trouble", f"no daemon answers: what {name} asks is not known"))
            return
        self._write(Line("notice", asks_nothing(name, self.picture.members)))

    @property
    def _is_too_small(self) -> bool:
        return any(word.display for word in self.query("#too-small"))

    @property
    def _is_typing(self) -> bool:
        return any(typed.display for typed in self.query("#typed"))

    def _selected(self) -> dict[str, Any] | None:
        at = self.query_one("#team", OptionList).highlighted
        members = self.picture.members
        return members[at] if at is not None and at < len(members) else None

    def _start(self, deed: Coroutine[Any, Any, Any], then: Callable[[Any], object]) -> None:
        async def carry_out() -> None:
            try:
                then(await deed)
            except TeamvoiceError as error:
                self._write(Line("trouble", str(error)))

        self.run_worker(carry_out(), group="deeds")
