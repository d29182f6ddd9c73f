"""The policy that holds now: the newest word, be it the file's at the start or an admin's at the desk, on this server or another."""

from __future__ import annotations

import logging
from collections.abc import Callable

from labels.errors import ConfigError
from serve.policy import Policy
from serve.store.policies import Policies

_LOG = logging.getLogger(__name__)
EVERY_S = 1.0
"""How often a server asks for a newer one."""


class InForce:
    """`number` and `text` are its row in the store; 0: the file's own, before anything was read back."""

    def __init__(self, store: Policies, read: Callable[[str], Policy], text: str) -> None:
        """Raises ConfigError where the file's text is wrong."""
        self._store, self.read = store, read
        self.number, self.text, self.policy = 0, text, read(text)
        self.refresh()

    def refresh(self) -> None:
        """Takes up a newer policy. One that this server cannot read, as one for another model, changes nothing. Raises StoreError."""
        newest = self._store.newest(after=self.number)
        if newest is None:
            return
        self.number, text = newest
        try:
            self.policy, self.text = self.read(text), text
        except ConfigError as error:
            _LOG.warning("policy %d is not taken up: %s", self.number, error)
