"""Front door: rules that end a run early."""

from hyperopt.search.stopping import no_progress_loss

__all__ = ["no_progress_loss"]
