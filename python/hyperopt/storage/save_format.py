"""The bytes of a save file: a pickle at any time, to which pieces can be added.

During a run the file has the form ``<whole> <piece> <piece> ... STOP``, where *whole* holds the
Trials as they were and each *piece* adds what has finished since. A piece is written behind the
STOP opcode that ends the file, where nobody reads it, and brought to life by overwriting that one
byte. A kill at any moment therefore leaves a complete file, with or without the last piece.
"""

from __future__ import annotations

import pickle
import struct
from contextlib import suppress
from typing import Any

from hyperopt.storage.store import TrialStore
from hyperopt.storage.tolerant import loads

__all__ = ["REVIVE", "as_piece", "as_whole", "loaded"]

# Pickle opcodes. The whole leaves `_whole(data)` on the stack, memoised as 0; a piece drops the
# None that takes the place of STOP, calls `_extend(memo 0, data)` and drops what that returns.
_STOP = b"."
REVIVE = b"N"
"""What takes the place of the STOP before a piece."""
_WHOLE_HEAD = b"\x80\x04chyperopt.save_file\n_whole\n("
_WHOLE_TAIL = b"tR\x94"
_PIECE_HEAD = b"0chyperopt.save_file\n_extend\n(h\x00"
_PIECE_TAIL = b"tR0"


def as_whole(data: bytes) -> bytes:
    """The file that holds a pickled Trials, and takes pieces."""
    return _WHOLE_HEAD + _sized(data) + _WHOLE_TAIL + _STOP


def as_piece(data: bytes) -> bytes:
    """A piece with the pickle of what it adds: changed documents, and attachments."""
    return _PIECE_HEAD + _sized(data) + _PIECE_TAIL + _STOP


def _sized(data: bytes) -> bytes:
    """The pickle opcode that pushes `data`."""
    return b"\x8e" + struct.pack("<Q", len(data)) + data


def loaded(data: bytes) -> Any:
    """Unpickle; of a file that a power cut has torn, all that is whole."""
    if not data.startswith(_WHOLE_HEAD):
        return loads(data)
    try:
        return pickle.loads(data)
    except Exception:
        for end in reversed(_ends_of_pieces(data)):
            with suppress(Exception):
                return pickle.loads(data[:end] + _STOP)
        raise


def _ends_of_pieces(data: bytes) -> list[int]:
    """Where the whole, and each complete piece after it, ends."""
    ends: list[int] = []
    position, head, tail = 0, _WHOLE_HEAD, _WHOLE_TAIL
    while data.startswith(head, position):
        start = position + len(head) + 9
        if len(data) < start:
            break
        (size,) = struct.unpack("<Q", data[start - 8 : start])
        if len(data) < start + size + len(tail):
            break
        ends.append(start + size + len(tail))
        position, head, tail = ends[-1] + 1, _PIECE_HEAD, _PIECE_TAIL
    return ends


def _whole(data: bytes) -> Any:
    return loads(data)


def _extend(trials: TrialStore, data: bytes) -> None:
    changes, attachments = loads(data)
    for position, doc in changes:
        if position is None:
            trials._insert(doc)
        else:
            known = trials._dynamic_trials[position]
            known.clear()
            known.update(doc)
            trials._settle(known)
    trials.attachments.update(attachments)
