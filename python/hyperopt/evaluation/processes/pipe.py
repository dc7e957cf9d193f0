"""Messages over a socket: each is its length, then its bytes."""

from __future__ import annotations

import socket
import struct

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

    def receive(self) -> list[bytes]:
        """Block until there is a whole message; return all that have come.

        Raises
        ------
        EOFError
            The other end is closed.
        """
        while True:
            chunk = self._socket.recv(_CHUNK)
            if not chunk:
                raise EOFError
            self._received += chunk
            if messages := self._whole_messages():
                return messages

    def drain(self) -> list[bytes]:
        """The messages that have come, without blocking; the end of the other side is ignored."""
        self._socket.setblocking(False)
        try:
            while chunk := self._socket.recv(_CHUNK):
                self._received += chunk
        except OSError:  # there is no more, or the connection is broken
            pass
        return self._whole_messages()

    def close(self) -> None:
        """Close this end."""
        self._socket.close()

    def _whole_messages(self) -> list[bytes]:
        messages, start = [], 0
        received = self._received
        while len(received) - start >= SIZE.size:
            (size,) = SIZE.unpack_from(received, start)
            end = start + SIZE.size + size
            if len(received) < end:
                break
            messages.append(bytes(received[start + SIZE.size : end]))
            start = end
        del received[:start]
        return messages
