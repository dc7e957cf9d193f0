"""The live page: the report of a study that is still running, served to this machine's browsers.

`source` says where the trials of a study come from, `feed` what has changed since a page last
asked, `gate` who may ask, and `server` answers.
"""

from __future__ import annotations

from hyperopt.visualization.dashboard.server import Server
from hyperopt.visualization.dashboard.source import FileSource, Source, TrialsSource

__all__ = ["FileSource", "Server", "Source", "TrialsSource"]
