"""The conversation: items in order, each id once, bounded in number and in sound."""

from __future__ import annotations

from collections.abc import Iterator

from teamvoice.offline.items import Item
from teamvoice.offline.usage import BYTES_PER_MS
from teamvoice.offline.validate import Refused


class History:
    """An ordered set of items.

    Args:
        max_items: When there are more, the oldest are forgotten.
        max_sound: Bytes of audio kept for ``conversation.item.retrieve``; beyond it the oldest
            items lose theirs, and keep their words.
    """

    def __init__(self, max_items: int, max_sound: int) -> None:
        self._items: list[Item] = []
        self._max_items = max_items
        self._max_sound = max_sound

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __contains__(self, item: object) -> bool:
        return any(item is kept for kept in self._items)

    def add(self, item: Item, after: str | None = None) -> str | None:
        """Insert at the end, after an item, or first (``root``); tell the id that precedes it.

        Raises:
            Refused: The id is taken, or there is no such item to insert after.
        """
        if self._find(item.id):
            message = f"An item with the id '{item.id}' already exists."
            raise Refused("item_create_duplicate_item_id", message, "item.id")
        place = self._place(after)
        previous = self._items[place - 1].id if place else None
        self._items.insert(place, item)
        self._forget()
        return previous

    def last_id(self) -> str | None:
        """The id of the newest item."""
        return self._items[-1].id if self._items else None

    def before(self, item: Item) -> str | None:
        """The id of the item that precedes one."""
        place = next(i for i, kept in enumerate(self._items) if kept is item)
        return self._items[place - 1].id if place else None

    def get(self, item_id: str, doing: str) -> Item:
        """Find an item.

        Args:
            item_id: Its id.
            doing: ``delete``, ``retrieve`` or ``truncate``: what it is wanted for.

        Raises:
            Refused: There is none.
        """
        if item := self._find(item_id):
            return item
        message = f"Cannot {doing} the item '{item_id}': it does not exist."
        raise Refused(f"item_{doing}_invalid_item_id", message, "item_id")

    def remove(self, item: Item) -> None:
        """Forget an item."""
        self._items = [kept for kept in self._items if kept is not item]

    def truncate(self, item_id: str, content_index: int, audio_end_ms: int) -> None:
        """Cut spoken audio to what was heard, and let go of its words, which went further.

        Raises:
            Refused: No spoken part is there, or it is shorter than that.
        """
        item = self.get(item_id, "truncate")
        if item.role != "assistant":
            message = "Only the audio of assistant messages can be truncated."
            raise Refused("item_truncate_invalid_item_id", message, "item_id")
        if content_index >= len(item.content) or not item.content[content_index].pcm_bytes:
            message = f"The item '{item_id}' has no audio at content_index {content_index}."
            raise Refused("invalid_value", message, "content_index")
        part = item.content[content_index]
        if (has := part.pcm_bytes // BYTES_PER_MS) < audio_end_ms:
            message = f"Audio content of {has}ms is already shorter than {audio_end_ms}ms"
            raise Refused("invalid_value", message, "audio_end_ms")
        part.pcm_bytes = audio_end_ms * BYTES_PER_MS
        part.pcm, part.transcript = part.pcm[: part.pcm_bytes], ""
        item.truncated = True

    def _find(self, item_id: str) -> Item | None:
        return next((item for item in self._items if item.id == item_id), None)

    def _place(self, after: str | None) -> int:
        if after is None:
            return len(self._items)
        if after == "root":
            return 0
        for index, item in enumerate(self._items):
            if item.id == after:
                return index + 1
        message = f"Cannot insert after the item '{after}': it does not exist."
        raise Refused("item_create_invalid_previous_item_id", message, "previous_item_id")

    def _forget(self) -> None:
        del self._items[: max(0, len(self._items) - self._max_items)]
        self.shed_sound()

    def shed_sound(self) -> None:
        """Let the oldest sound go until what is kept is within bounds."""
        sounding = [part for item in self._items for part in item.content if part.pcm]
        kept = sum(len(part.pcm) for part in sounding)
        for part in sounding:
            if kept <= self._max_sound:
                return
            kept -= len(part.pcm)
            part.pcm = bytearray()
