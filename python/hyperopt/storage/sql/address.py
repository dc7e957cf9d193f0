"""Where a study is kept: the URL of a database, checked, and shown without its password."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

__all__ = ["Address", "masked", "parse", "split_name"]

_SCHEMES = ("sqlite", "postgresql", "postgres")
_PASSWORD_PARAMETER = re.compile(r"(?i)\b((?:ssl)?password)(\s*=\s*)('[^']*'|[^&\s]*)")
_HOW = "give sqlite:///file.db, or postgresql://user@host/database"


@dataclass(frozen=True, repr=False)
class Address:
    """A database.

    Attributes
    ----------
    scheme
        "sqlite" or "postgresql".
    target
        The file's path, or the connection string for PostgreSQL.
    """

    scheme: str
    target: str

    def __str__(self) -> str:
        if self.scheme == "sqlite":
            return f"sqlite:///{self.target}"
        return masked(self.target)

    def __repr__(self) -> str:
        return f"Address({str(self)!r})"


def split_name(text: str) -> tuple[str, str]:
    """The URL and the name of the study in ``URL#NAME``; without one, the name is empty."""
    url, _, name = text.partition("#")
    return url, name


def parse(url: Any) -> Address:
    """Read a URL.

    Raises
    ------
    ValueError
        If it is no URL of a database that can be used; the message holds no password.
    """
    if isinstance(url, Address):
        return url
    if isinstance(url, os.PathLike):
        url = f"sqlite:///{os.fspath(url)}"
    if not isinstance(url, str):
        raise TypeError(f"url={type(url).__name__}: a database is named by a text; {_HOW}")
    scheme, colon, rest = url.partition(":")
    scheme = scheme.lower().partition("+")[0]
    if colon and scheme in ("mongo", "mongodb"):
        raise ValueError(
            f"url={masked(url)!r}: studies are not kept in MongoDB any more. To bring an old one "
            "along, load it with hyperopt 0.2.7, pickle Trials with its documents "
            "(hyperopt.trials_from_docs(list(mongo_trials.trials))), and run: "
            "hyperopt copy study.pkl sqlite:///study.db --trust-pickles (see 'Studies that last' "
            f"in the documentation). For a new study {_HOW}"
        )
    if not colon or scheme not in _SCHEMES:
        raise ValueError(f"url={masked(url)!r}: not the URL of a database; {_HOW}")
    if scheme == "sqlite":
        return Address("sqlite", _sqlite_path(url, rest))
    if not rest.startswith("//"):
        raise ValueError(f"url={masked(url)!r}: a PostgreSQL URL goes on with '//'; {_HOW}")
    return Address("postgresql", f"postgresql:{rest}")


def _sqlite_path(url: str, rest: str) -> str:
    path = unquote(rest)
    if path.startswith("///"):
        path = path[3:]
    elif path.startswith("//"):
        raise ValueError(
            f"url={url!r}: SQLite has no host; give three slashes, sqlite:///{path[2:]} for a "
            f"relative path, four for an absolute one"
        )
    if not path or path == ":memory:":
        raise ValueError(
            f"url={url!r}: names no file; for a study in memory take Trials(), else {_HOW}"
        )
    if "?" in rest:
        raise ValueError(f"url={url!r}: a SQLite URL has no options after '?'")
    return path


def masked(text: str) -> str:
    """`text` with every password in it replaced by ``***``."""
    text = re.sub(r"(://[^/@\s:]*):\S*@", r"\1:***@", text)
    return _PASSWORD_PARAMETER.sub(r"\1\2***", text)
