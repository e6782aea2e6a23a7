"""The team: its members, what they are doing, and writing to them. The face of this room."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, Self

from teamvoice import config
from teamvoice.errors import TeamError, TeamvoiceError
from teamvoice.team import glimpses, places
from teamvoice.team.actor import Actor, Machine
from teamvoice.team.answers import Answer
from teamvoice.team.delivery import Delivery
from teamvoice.team.glimpses import Glimpses, Status
from teamvoice.team.held import Held, HeldMessage
from teamvoice.team.holding import STUCK, Holding, Seen, Told
from teamvoice.team.interruption import Interruption
from teamvoice.team.keypress import KeyPress
from teamvoice.team.members import find_member
from teamvoice.team.panes import Pane
from teamvoice.team.places import Found
from teamvoice.team.profiles import check_agents, load_profiles
from teamvoice.team.receipts import Outcome, Receipt
from teamvoice.team.screen import clean_message, tail
from teamvoice.team.server import Server
from teamvoice.team.steady import Steady
from teamvoice.team.writing import Order, Patience

_log = logging.getLogger(__name__)
_GRACE_S = 1.0  # how long leaving waits for messages that are on their way

Kinds = Callable[[Order, Patience], Machine]


class Team:
    """The members of a configuration, in their panes, as an async context manager.

    Whatever takes a member's name raises ``UnknownMember`` or ``AmbiguousMember`` when it means
    nobody, or several alike; whatever writes raises ``TmuxUnavailable`` when there is no server.

    Args:
        settings: The section ``[team]``.
        patience: How long each step of a delivery may take.
        held: What is held until its member is idle; by default in memory alone.
        on_held: Called with each held message whose delivery has ended, and its receipt.
        on_fail: Called once with why nothing that is held can be delivered; by default it is
            logged. All else goes on.
    """

    def __init__(
        self,
        settings: config.Team,
        patience: Patience | None = None,
        *,
        held: Held | None = None,
        on_held: Told | None = None,
        on_fail: Callable[[str], None] = _log.warning,
    ) -> None:
        self.members = settings.members
        self._patience = patience or Patience()
        self._here = Server(settings, "", self._now)
        hosts = {member.host for member in self.members} - {""}
        there = {host: Server(settings, host, self._now) for host in sorted(hosts)}
        self._servers = {"": self._here, **there}
        self._open = contextlib.AsyncExitStack()
        self._steady = Steady()
        self._group = asyncio.TaskGroup()
        self._workers: set[asyncio.Task[None]] = set()
        self._actors: dict[tuple[str, str, int], Actor] = {}
        self._pins: dict[str, Found] = {}
        self._held = held or Held()
        self._holding = Holding(
            self._held,
            self._here.tmux.aside,
            self._deliver_held,
            self._states,
            on_held or (lambda _message, _receipt: None),
            on_fail,
            self._now,
        )

    async def __aenter__(self) -> Self:
        async with contextlib.AsyncExitStack() as stack:
            for server in self._servers.values():
                await stack.enter_async_context(server)
            profiles = await self._here.tmux.aside(lambda: load_profiles(config.profiles_dir()))
            check_agents(self.members, profiles)
            await self._group.__aenter__()
            for server in self._servers.values():
                server.profiles = profiles
                self._workers.add(self._group.create_task(server.work()))
            self._workers.add(self._group.create_task(self._holding.work()))
            self._open = stack.pop_all()
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *exception: Any) -> None:
        await self._finish_writing()
        for worker in self._workers:
            worker.cancel()
        # The group would wrap the body's own error; only a cancellation is the group's business.
        ours = kind is not None and issubclass(kind, asyncio.CancelledError)
        try:
            await self._group.__aexit__(*((kind, *exception) if ours else (None, None, None)))
        finally:
            await self._open.aclose()

    async def pin(self) -> None:
        """Resolve every member to its pane now; it stays that pane until the next ``pin``.

        Never raises for tmux: a member who cannot be resolved is so for the whole turn, and what
        is asked of it then says why.
        """
        self._pins = await self._resolve(self.members)

    def list(self) -> tuple[config.Member, ...]:
        """Who is on the team, as configured."""
        return self.members

    def find(self, name: str) -> config.Member:
        """The member whom a name means, generously.

        Raises:
            UnknownMember: Nobody.
            AmbiguousMember: Several, equally.
        """
        return find_member(name, self.members)

    async def status(self, name: str | None = None) -> tuple[Status, ...]:
        """What one member, or everyone, is doing: two tmux calls for each server that has some.

        Idle that is not settled may be a pause between two steps; a second look, REST_S later, can
        tell.

        Raises:
            TeamvoiceError: tmux does not answer, or the name is not a member's.
        """
        members, clock = self.members if name is None else (self.find(name),), time.time()
        found = await self._resolve(members, keep=self._pins)
        places.raise_if_tmux_is_away(members, found)
        names = [member.name for member in members]
        looks = [server.views(found, names) for server in self._of(members)]
        views = {name: view for look in await asyncio.gather(*looks) for name, view in look.items()}
        now = self._now()
        told = [glimpses.status_of(m, found[m.name], views.get(m.name), now) for m in members]
        return glimpses.steadied(told, self._steady, found, clock, now)

    async def glance(self, known: Glimpses) -> tuple[Status, ...]:
        """As :meth:`status`, for who looks again and again: only what moved is looked at.

        Args:
            known: What was seen before; empty the first time, and brought up to date.
        """
        clock = time.time()
        looks = [server.glance(known, clock) for server in self._of(self.members)]
        seen: dict[str, Status] = {}
        found: dict[str, Found] = {}
        for statuses, panes in await asyncio.gather(*looks):
            seen |= {status.member.name: status for status in statuses}
            found |= panes
        in_order = [seen[member.name] for member in self.members]
        return glimpses.steadied(in_order, self._steady, found, clock, self._now())

    async def show(self, options: Mapping[str, str | None]) -> None:
        """Set the user options that status lines read; ``None`` takes one away.

        Args:
            options: ``@teamvoice_state`` by the pane's id, on this machine; under "" the global
                ``@teamvoice_line``, which is ``@teamvoice`` too.

        Raises:
            TeamvoiceError: tmux does not answer, or a pane is gone.
        """
        if options:
            await self._here.tmux.run(
                *(
                    command
                    for pane, text in options.items()
                    for command in glimpses.user_options(pane, text)
                )
            )

    async def read(self, name: str, lines: int = 20, chars: int = 4000) -> str:
        """The tail of a member's screen and history, without furniture, safe inside a fence.

        Raises:
            TeamError: The member has no pane.
        """
        member = self.find(name)
        pane = await self._pane(member)
        tmux = self._servers[member.host].tmux
        text = await tmux.scrollback(pane.id, min(2000, lines * 5))
        if text is None:
            raise TeamError(f"The pane of {member.name} is gone")
        return tail(text.split("\n"), lines, chars)

    async def send(self, name: str, text: str, when: Literal["now", "idle"] = "now") -> Receipt:
        """Write a message into a member's prompt and submit it, or hold it until they are idle.

        What stands in the way is told by the receipt. One for ``held`` carries a ticket; what
        becomes of the message later is told to ``on_held``.
        """
        if when == "idle":
            return await self._hold(self.find(name), text)
        return await self._write(name, text, Delivery)

    async def held(self) -> tuple[HeldMessage, ...]:
        """The messages that are held, oldest first.

        Raises:
            TeamError: Their file cannot be read.
        """
        return await self._here.tmux.aside(self._held.list)

    async def withdraw(self, ticket: str) -> bool:
        """Forget a held message; ``False`` when there is none, or it is being typed just now.

        Raises:
            TeamError: Their file cannot be read or written.
        """
        return await self._here.tmux.aside(lambda: self._held.withdraw(ticket))

    def state_seen(self, statuses: Iterable[Status]) -> None:
        """Somebody looked at members: held messages go by it, and save their own look."""
        self._holding.seen((status.member.name, status.state) for status in statuses)

    async def answer(self, name: str, choice: str, expected: str = "") -> Receipt:
        """Answer the question that a member waits on.

        What stands in the way is told by the receipt; it also names the option that was chosen and
        what was asked about.

        Args:
            name: Whose question.
            choice: ``yes``, ``no``, an option's number from 1, or its label.
            expected: The fingerprint of the question that was read; empty: the one that stands
                there when this is called, however long it waits for its turn.
        """
        if not expected:
            (status,) = await self.status(name)
            expected = status.state.question.fingerprint if status.state.question else ""
        return await self._write(name, choice, functools.partial(Answer, expected=expected))

    async def press(self, name: str, keys: Sequence[str], expected: str | None = None) -> Receipt:
        """Press named keys in a member's pane, one after the other.

        What stands in the way is told by the receipt; ``submitted`` means that they were pressed.

        Args:
            name: Whose pane.
            keys: By tmux's names.
            expected: What ``stands`` there, as it was read: a question, a screen, or empty for
                none. ``None``: whatever stands there.
        """
        machine = functools.partial(KeyPress, keys=tuple(keys), expected=expected)
        return await self._write(name, "", machine)

    async def interrupt(self, name: str) -> Receipt:
        """Stop what a member is working on.

        What stands in the way is told by the receipt.
        """
        return await self._write(name, "", Interruption)

    # Writing -----------------------------------------------------------------------------------

    async def _finish_writing(self) -> None:
        """Give what is half typed a moment to be submitted, and to be written down."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GRACE_S):
                for actor in list(self._actors.values()):
                    await actor.rest()
                await self._holding.rest()

    async def _hold(self, member: config.Member, text: str) -> Receipt:
        if not clean_message(text):
            return Receipt(Outcome.REFUSED, "there is nothing to say in it", "", member.name)
        try:
            pane = await self._pane(member)
            (status,) = await self.status(member.name)
            message = await self._here.tmux.aside(lambda: self._held.hold(member.name, text))
        except TeamError as error:
            return Receipt(Outcome.REFUSED, places.clause(error), "", member.name)
        why = STUCK.get(status.state.kind, "")
        return Receipt(Outcome.HELD, why, "", member.name, pane.id, message.ticket)

    async def _deliver_held(self, message: HeldMessage) -> Receipt:
        """Write to the pane that is the member's now, whichever it was when the message came."""
        try:
            member = self.find(message.member)
            found = (await self._resolve((member,)))[member.name]
        except TeamvoiceError as error:
            found = error
        if isinstance(found, Pane):
            machine = functools.partial(Delivery, only_idle=True)
            return await self._drive(message.member, found, message.text, machine)
        why = places.clause(found or places.not_found(member))
        return Receipt(Outcome.REFUSED, why, "", message.member)

    async def _states(self, names: Sequence[str]) -> Seen:
        seen = await self.status()
        return [(s.member.name, s.state) for s in seen if s.member.name in names]

    async def _write(self, name: str, text: str, kind: Kinds) -> Receipt:
        member = self.find(name)
        try:
            pane = await self._pane(member)
        except TeamError as error:
            return Receipt(Outcome.REFUSED, places.clause(error), "", member.name)
        return await self._drive(member.name, pane, text, kind)

    async def _drive(self, member: str, pane: Pane, text: str, kind: Kinds) -> Receipt:
        actor = self._actor(self._servers[self.find(member).host], pane)
        order = Order(member, pane.id, pane.pid, text, pane.command, actor.left)
        machine = kind(order, self._patience)
        try:
            receipt = await actor.do(machine, order)
        finally:
            self._steady.stir(member, self._now())
        if isinstance(machine, Delivery) and receipt.outcome is not Outcome.REFUSED:
            actor.left = text
        return receipt

    def _actor(self, server: Server, pane: Pane) -> Actor:
        key = (server.host, pane.id, pane.pid)
        if key not in self._actors:
            actor = Actor(server.tmux, server.look, self._now, self._patience.turn, server.host)
            self._actors[key] = actor
            self._workers.add(self._group.create_task(actor.work()))
        return self._actors[key]

    # Finding -----------------------------------------------------------------------------------

    def _of(self, members: Sequence[config.Member]) -> Sequence[Server]:
        """The servers in which members are."""
        return [self._servers[host] for host in dict.fromkeys(m.host for m in members)]

    async def _resolve(
        self, members: Sequence[config.Member], keep: Mapping[str, Found] | None = None
    ) -> dict[str, Found]:
        """The panes of members, and of all who are on the same servers, as they are now."""
        asked = await asyncio.gather(*(server.resolve(keep or {}) for server in self._of(members)))
        return {name: found for one in asked for name, found in one.items()}

    async def _pane(self, member: config.Member) -> Pane:
        pins = self._pins or await self._resolve((member,))
        found = pins[member.name]
        if isinstance(found, TeamvoiceError):
            raise found
        if found is None:
            raise places.not_found(member)
        return found

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
