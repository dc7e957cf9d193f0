"""Messages over a socket: each is its length, then its bytes."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import suppress

__all__ = ["SIZE", "Pipe"]

SIZE = struct.Struct("<Q")
_CHUNK = 1 << 16


class Pipe:
    """One end of a socket pair.

    Parameters
    ----------
    end
        The connected socket, which from now on belongs to the pipe.
    """

    __slots__ = ("_received", "_socket")

    def __init__(self, end: socket.socket) -> None:
        self._socket = end
        self._received = bytearray()

    def fileno(self) -> int:
        """The file descriptor, to wait on."""
        return self._socket.fileno()

    def send(self, message: bytes) -> None:
        """Send one message."""
        self._socket.sendall(SIZE.pack(len(message)) + message)

    def fill(self) -> None:
        """Block until there is a whole message for `messages`.

        Raises
        ------
        EOFError
            The other end is closed.
        """
        while self._first() is None:
            n_before = len(self._received)
            self._received += self._socket.recv(_CHUNK)
            if len(self._received) == n_before:
                raise EOFError

    def drain(self) -> None:
        """Read what has come without blocking; the end of the other side is ignored."""
        self._socket.setblocking(False)
        try:
            while chunk := self._socket.recv(_CHUNK):
                self._received += chunk
        except OSError:  # there is no more, or the connection is broken
            pass
        finally:
            with suppress(OSError):
                self._socket.setblocking(True)

    def messages(self) -> Iterator[bytes]:
        """The messages that have come; each stays until the next one is asked for."""
        while (message := self._first()) is not None:
            yield message
            del self._received[: SIZE.size + len(message)]

    def _first(self) -> bytes | None:
        received = self._received
        if len(received) < SIZE.size:
            return None
        (size,) = SIZE.unpack_from(received, 0)
        if len(received) < SIZE.size + size:
            return None
        return bytes(memoryview(received)[SIZE.size : SIZE.size + size])

    def close(self) -> None:
        """Close this end."""
        self._socket.close()
