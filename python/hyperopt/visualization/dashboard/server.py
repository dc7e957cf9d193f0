"""The server: a thread that answers browsers of this machine with the page and its news."""

from __future__ import annotations

import json
import secrets
import socket
import sys
import threading
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from hyperopt.environment import log
from hyperopt.environment.public_path import public
from hyperopt.visualization.dashboard.feed import Feed
from hyperopt.visualization.dashboard.gate import is_from_elsewhere, is_own_name, is_token
from hyperopt.visualization.dashboard.source import Source
from hyperopt.visualization.report.page import page_of, policy_of

_TIMEOUT_S = 30.0
"""How long a connection may be silent."""


@public("hyperopt.dashboard")
class Server:
    """Serves studies, each at an address of its own that holds a secret.

    It listens on this machine only, unless told otherwise, answers nothing but the page and its
    news, and needs no port to be free: the system picks one.

    Parameters
    ----------
    host
        Where to listen. Anything but a loopback address lets other machines ask; they have to know
        the address of a study.
    port
        0 lets the system pick one.

    Examples
    --------
    >>> from hyperopt import Trials
    >>> from hyperopt.dashboard import Server, TrialsSource
    >>> server = Server()
    >>> server.add(TrialsSource(Trials(), "forest")).startswith("http://127.0.0.1:")
    True
    >>> server.close()
    """

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.host = host
        self._feeds: dict[str, Feed] = {}
        try:
            self._http = _Http(host, port, self._feeds)
        except OSError as error:
            raise OSError(
                error.errno,
                f"dashboard: cannot listen on {host}:{port} ({error.strerror}); give another port, "
                "or 0 for any that is free",
            ) from error
        self._thread = threading.Thread(
            target=self._http.serve_forever, name="hyperopt dashboard", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._http.server_address[1])

    def add(self, source: Source, token: str | None = None) -> str:
        """Serve a study; return its address. `token` is the secret part, a fresh one by default."""
        token = secrets.token_urlsafe(16) if token is None else token
        self._feeds[token] = Feed(source)
        host = f"[{self.host}]" if ":" in self.host else self.host
        if host in ("0.0.0.0", "[::]"):
            host = socket.gethostname()
        return f"http://{host}:{self.port}/{token}/"

    def close(self) -> None:
        """Stop answering."""
        self._http.shutdown()
        self._http.server_close()
        self._http.hang_up()
        self._thread.join()


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = sys.platform != "win32"  # there it would allow two servers at once

    def __init__(self, host: str, port: int, feeds: dict[str, Feed]) -> None:
        self.bound_to = host
        self.feeds = feeds
        self._connections: set[Any] = set()
        self._complaint = ""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._connections.discard(request)
        super().shutdown_request(request)

    def complain(self, error: Exception) -> None:
        """Log why a study cannot be shown, once and not for every question."""
        text = f"{type(error).__name__}: {error}"
        if text != self._complaint:
            self._complaint = text
            log.warning("dashboard: %s", text)

    def hang_up(self) -> None:
        """End the connections that browsers keep open for the next request."""
        for connection in list(self._connections):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def server_bind(self) -> None:
        # HTTPServer's own would ask the name service for this machine's name.
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.bound_to, int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A browser that goes away in the middle of an answer is none of the terminal's business.
        if not isinstance(sys.exc_info()[1], (ConnectionError, TimeoutError)):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: _Http
    protocol_version = "HTTP/1.1"
    server_version = "hyperopt"
    sys_version = ""
    timeout = _TIMEOUT_S

    def do_GET(self) -> None:
        """Answer with a page or its news, or with nothing but a status."""
        if not is_own_name(self.headers.get("Host"), self.server.bound_to):
            return self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
        url = urlsplit(self.path)
        _, _, rest = url.path.partition("/")
        token, slash, what = rest.partition("/")
        feed = self._feed(token)
        if feed is None or not slash or what not in ("", "news"):
            return self._refuse(HTTPStatus.NOT_FOUND)
        if what == "news" and is_from_elsewhere(self.headers.get("Sec-Fetch-Site")):
            return self._refuse(HTTPStatus.FORBIDDEN)
        try:
            if what == "":
                return self._page(feed)
            return self._news(feed, parse_qs(url.query).get("since", [""])[0])
        except (ConnectionError, TimeoutError):  # The browser has gone.
            raise
        except Exception as error:  # The study can't be read just now: a database may be away.
            self.server.complain(error)
            return self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR)

    def _feed(self, token: str) -> Feed | None:
        found = None
        for known, feed in list(self.server.feeds.items()):
            if is_token(token, known):
                found = feed
        return found

    def _page(self, feed: Feed) -> None:
        study, revision = feed.whole()
        data = {"studies": [study], "revision": revision}
        page = page_of(data, f"{feed.source.name} · hyperopt", live="news")
        self._answer(page, "text/html; charset=utf-8", policy_of(page))

    def _news(self, feed: Feed, since: str) -> None:
        text = json.dumps(feed.news(since), allow_nan=False, separators=(",", ":"))
        self._answer(text, "application/json", "default-src 'none'")

    def _answer(self, text: str, kind: str, policy: str) -> None:
        body = text.encode("utf-8", errors="replace")
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", f"{policy}; frame-ancestors 'none'")
        self._harden()
        self.end_headers()
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.send_header("Connection", "close")
        self._harden()
        self.end_headers()
        self.close_connection = True

    def _harden(self) -> None:
        self.send_header("Cache-Control", "no-store")
        self.send_header("Referrer-Policy", "no-referrer")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("X-Frame-Options", "DENY")
        self.send_header("Cross-Origin-Resource-Policy", "same-origin")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal belongs to the run."""
