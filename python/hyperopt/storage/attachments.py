"""Named values kept beside a trial rather than in its document."""

from __future__ import annotations

from collections.abc import Callable, Iterator, MutableMapping
from typing import Any


class TrialAttachments(MutableMapping[str, Any]):
    """The attachments of one trial: a view into the store that all trials share.

    Parameters
    ----------
    store
        Holds the attachments of all trials under prefixed names.
    qualify
        Gives the prefixed name of an attachment of this trial.
    """

    def __init__(self, store: MutableMapping[str, Any], qualify: Callable[[str], str]) -> None:
        self._store = store
        self._qualify = qualify

    def __getitem__(self, name: str) -> Any:
        return self._store[self._qualify(name)]

    def __setitem__(self, name: str, value: Any) -> None:
        self._store[self._qualify(name)] = value

    def __delitem__(self, name: str) -> None:
        del self._store[self._qualify(name)]

    def __contains__(self, name: object) -> bool:
        return self._qualify(str(name)) in self._store

    def __iter__(self) -> Iterator[str]:
        prefix = self._qualify("")
        return iter([key[len(prefix) :] for key in self._store if key.startswith(prefix)])

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self)!r})"
