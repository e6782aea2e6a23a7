"""One tmux server, here or on another machine, and the members whose panes are in it.

On another machine the processes are listed by ``ps``, and the agents' own files are not read: the
screen speaks. A host that cannot be reached makes its members missing, with the reason. It is
remembered as away and asked again from time to time beside the rest, so that nobody waits for it.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Self

from teamvoice import config
from teamvoice.errors import HostAway, TeamvoiceError
from teamvoice.team import glimpses, places
from teamvoice.team.glimpses import Glimpse, Glimpses, Status
from teamvoice.team.members import wanted_options
from teamvoice.team.native import Native, read_native
from teamvoice.team.panes import Pane
from teamvoice.team.places import Found
from teamvoice.team.processes import PS, Tree, listed_trees, read_tree
from teamvoice.team.profiles import Profile
from teamvoice.team.sight import View, missing, recognise, see
from teamvoice.team.tmux import Beside, Tmux

_AGAIN_S = 2.0  # between two tries to reach a host that is away

Witness = tuple[Tree, Native | None]  # what speaks beside the screen: processes, and files


class Server:
    """The server, as an async context manager; :meth:`work` must run for as long as it is used.

    Args:
        settings: The section ``[team]``.
        host: As ssh takes it; empty for this machine.
        clock: Monotonic seconds.
    """

    def __init__(self, settings: config.Team, host: str, clock: Callable[[], float]) -> None:
        self.host = host
        self.members = tuple(member for member in settings.members if member.host == host)
        options = wanted_options(self.members)
        self.tmux = Tmux(settings.socket, settings.deadline_s, options, host)
        self.profiles: Mapping[str, Profile] = {}
        self._now = clock
        self._away: HostAway | None = None
        self._is_away = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.tmux.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.tmux.__aexit__(*exception)

    async def work(self) -> None:
        """Ask a host that is away again and again, for ever."""
        while True:
            await self._is_away.wait()
            await asyncio.sleep(_AGAIN_S)
            try:
                await self.tmux.panes()
            except TeamvoiceError as error:
                self._away = HostAway(error.message, error.mend)
            else:
                self._away = None
                self._is_away.clear()

    async def resolve(self, keep: Mapping[str, Found]) -> dict[str, Found]:
        """Every member's pane as it is now; those in ``keep`` that still exist stay the same."""
        if not self.members:
            return {}
        try:
            self._check()
            panes = await self.tmux.panes()
        except TeamvoiceError as error:
            return dict.fromkeys(self._names(), self._reason(error))
        kept = {name: places.again(pane, panes) for name, pane in keep.items()}
        return {m.name: kept.get(m.name) or places.found_pane(m, panes) for m in self.members}

    async def views(self, found: dict[str, Found], names: Iterable[str]) -> dict[str, View]:
        """What is to be seen of some members, by name; of a host that goes away ``found`` says so.

        Raises:
            TeamvoiceError: tmux on this machine does not answer.
        """
        panes = {m.name: p for m in self.members if isinstance(p := found[m.name], Pane)}
        panes = {name: panes[name] for name in names if name in panes}
        try:
            listing = self._listing()
            screens = await self.tmux.screens([pane.id for pane in panes.values()], listing)
            witnesses = await self._witnesses(panes, {}, listing)
        except TeamvoiceError as error:
            if not self.host:
                raise
            found.update(dict.fromkeys(self._names(), self._reason(error)))
            return {}
        return {
            name: self._see(name, pane, screens[pane.id], witnesses[name])
            for name, pane in panes.items()
            if pane.id in screens
        }

    async def look(self, member: str, pane_id: str) -> View:
        """What is to be seen in one pane now.

        Raises:
            TeamvoiceError: tmux does not answer.
        """
        listing = self._listing()
        look = await self.tmux.look(pane_id, listing)
        if look is None:
            return missing(self._now())
        pane, screen = look
        witnesses = await self._witnesses({member: pane}, {}, listing)
        return self._see(member, pane, screen, witnesses[member])

    async def glance(self, known: Glimpses, clock: float) -> tuple[list[Status], dict[str, Found]]:
        """The members' statuses, and their panes; only what moved is looked at.

        Args:
            known: What was seen before, of whomever; brought up to date.
            clock: Seconds since the epoch.
        """
        if not self.members:
            return [], {}
        now = self._now()
        try:
            self._check()
            found = await self._glance(known, clock, now)
        except TeamvoiceError as error:
            reason = self._reason(error)
            return [glimpses.status_of(m, reason, None, now) for m in self.members], {}
        return [glimpses.latest(m, found[m.name], known, now) for m in self.members], found

    async def _glance(self, known: Glimpses, clock: float, now: float) -> dict[str, Found]:
        ours = {name: known[name] for name in self._names() if name in known}
        panes, screens = await self.tmux.snapshot(glimpses.restless(ours, now))
        found = {member.name: places.found_pane(member, panes) for member in self.members}
        due = {
            name: pane
            for name, pane in found.items()
            if isinstance(pane, Pane) and glimpses.has_moved(known.get(name), pane, now)
        }
        rest = [pane.id for pane in due.values() if pane.id not in screens]
        trees = glimpses.known_trees(due, known, now)
        listing = self._listing() if due.keys() - trees.keys() else None
        screens |= await self.tmux.screens(rest, listing)
        read = {name: tree for name, (tree, _) in trees.items()}
        witnesses = await self._witnesses(due, read, listing)
        for name, pane in due.items():
            if pane.id in screens:
                view = self._see(name, pane, screens[pane.id], witnesses[name])
                status = glimpses.status_of(self._member(name), pane, view, now)
                tree = trees.get(name, (witnesses[name][0], now))
                known[name] = Glimpse(pane, status, *tree, now, int(clock))
        return found

    # A host that is away -----------------------------------------------------------------------

    def _check(self) -> None:
        if self._away:
            raise self._away

    def _reason(self, error: TeamvoiceError) -> TeamvoiceError:
        """Why nobody here can be seen; another machine is from now on taken to be away."""
        if not self.host or isinstance(error, HostAway):
            return error
        self._away = HostAway(error.message, error.mend)
        self._is_away.set()
        return self._away

    # Seeing ------------------------------------------------------------------------------------

    def _listing(self) -> Beside | None:
        """The processes of another machine, to be listed in one call with the screens."""
        return Beside(PS) if self.host else None

    async def _witnesses(
        self, panes: Mapping[str, Pane], trees: Mapping[str, Tree], listing: Beside | None
    ) -> dict[str, Witness]:
        """By member; processes that are known already are not read again."""
        if not self.host:
            return await self.tmux.aside(
                lambda: {name: self._witness(name, p, trees.get(name)) for name, p in panes.items()}
            )
        pids = {name: pane.pid for name, pane in panes.items() if name not in trees}
        lines = listing.lines if listing else None
        if pids and lines is None:  # no screen was asked for
            lines = await self.tmux.errand(*PS)
        listed = listed_trees(pids, lines or [])
        return {name: (tree, None) for name, tree in {**trees, **listed}.items()}

    def _witness(self, name: str, pane: Pane, tree: Tree | None) -> Witness:
        tree = tree or read_tree(pane.pid)
        profile = recognise(pane, tree, self.profiles, self._member(name).agent)
        return tree, read_native(profile, tree, time.time())

    def _see(self, name: str, pane: Pane, screen: str, witness: Witness) -> View:
        tree, native = witness
        wish, now = self._member(name).agent, self._now()
        return see(pane, screen, tree, self.profiles, wish=wish, at=now, native=native)

    def _member(self, name: str) -> config.Member:
        return next(member for member in self.members if member.name == name)

    def _names(self) -> Sequence[str]:
        return [member.name for member in self.members]
