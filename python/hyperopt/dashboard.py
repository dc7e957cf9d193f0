"""Front door: serves live pages of studies; ``fmin(dashboard=True)`` serves that of a run."""

from hyperopt.visualization.dashboard import FileSource, Server, TrialsSource

__all__ = ["FileSource", "Server", "TrialsSource"]
