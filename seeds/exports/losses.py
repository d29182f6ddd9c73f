"""What of an export cannot be read: noted by its readers, said once at its end, since the rest is read first."""

from __future__ import annotations

from labels.errors import DocumentError

_MOST_SAID = 5


class Losses:
    """Places that could not be read. The first are kept, all are counted: there may be millions."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._more = 0

    def add(self, what: str) -> None:
        """A place and why it is lost; said again (a file is read twice), it counts once."""
        if what in self._said:
            return
        if len(self._said) < _MOST_SAID:
            self._said.append(what)
        else:
            self._more += 1

    def check(self) -> None:
        """Raises DocumentError if anything was lost."""
        if self._said:
            more = [f"{self._more:,} more"] if self._more else []
            raise DocumentError("; ".join([*self._said, *more, "the rest was read"]))
