"""Who may look: pages that know the token, from this machine, under a name that is its own."""

from __future__ import annotations

import hmac
import ipaddress
import socket


def host_of(header: str) -> str:
    """The name in a Host header, without the port.

    Examples
    --------
    >>> [host_of(text) for text in ("localhost:80", "[::1]:80", "127.0.0.1", "a:b:c")]
    ['localhost', '::1', '127.0.0.1', 'a:b:c']
    """
    if header.startswith("["):
        return header[1:].partition("]")[0]
    name, colon, port = header.rpartition(":")
    return name if colon and port.isdecimal() and ":" not in name else header


def is_own_name(header: str | None, bound_to: str) -> bool:
    """Whether a Host header names this server.

    A page of somebody else's whose name was made to point here (DNS rebinding) still sends its own
    name. Addresses cannot be made to point elsewhere, so any will do; of names only ``localhost``,
    the one that the server was bound to, and this machine's.
    """
    if not header:
        return False
    host = host_of(header.strip()).lower()
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return host in {"localhost", bound_to.lower(), socket.gethostname().lower()}
    return True


def is_from_elsewhere(fetch_site: str | None) -> bool:
    """Whether the browser says, in Sec-Fetch-Site, that another site's page asks."""
    return fetch_site not in (None, "none", "same-origin")


def is_token(given: str, token: str) -> bool:
    """Compare in a time that does not tell how much of it is right."""
    return hmac.compare_digest(given.encode(), token.encode())
