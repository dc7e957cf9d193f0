"""Front door: progress bars of `fmin`, context managers that give something with `update(n)`."""

from hyperopt.environment.terminal import std_out_err_redirect_tqdm
from hyperopt.search.progress import default_callback, no_progress_callback, tqdm_progress_callback

__all__ = [
    "default_callback",
    "no_progress_callback",
    "std_out_err_redirect_tqdm",
    "tqdm_progress_callback",
]
