"""Front door: prints and a progress bar that share a terminal."""

from hyperopt.environment.terminal import DummyTqdmFile, std_out_err_redirect_tqdm

__all__ = ["DummyTqdmFile", "std_out_err_redirect_tqdm"]
