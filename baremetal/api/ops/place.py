"""How far a listener is in a table that several processes write, whose rows may appear out of order. Pure."""

import dataclasses
import re

#: ids whose telling is known one by one
MASKED = 64
_TEXT = re.compile(r"(\d{1,18})\.([0-9a-f]{1,16})")


@dataclasses.dataclass
class Place:
    """The highest id that was told, and which of those below it."""

    highest: int
    #: bit n: ``highest - n`` was told
    mask: int = (1 << MASKED) - 1

    def __str__(self) -> str:
        """Return it as ids of events have it."""
        return f"{self.highest}.{self.mask:x}"

    @classmethod
    def read(cls, text: str | None) -> "Place | None":
        """Return the place of an event's id, or None for what is none."""
        found = _TEXT.fullmatch(text or "")
        return cls(int(found[1]), int(found[2], 16)) if found else None

    @property
    def lowest(self) -> int:
        """The id below which all was told."""
        return max(0, self.highest - MASKED)

    def told(self, ident: int) -> bool:
        """Return whether a row was told."""
        behind = self.highest - ident
        return behind >= MASKED or (behind >= 0 and bool(self.mask >> behind & 1))

    def tell(self, ident: int) -> None:
        """Note that a row was told."""
        ahead = ident - self.highest
        if ahead > 0:
            self.mask = (self.mask << min(ahead, MASKED) | 1) & (1 << MASKED) - 1
            self.highest = ident
        else:
            self.mask |= 1 << -ahead
