"""Front door: files from which runs continue; they name `_whole` and `_extend` by this path."""

from hyperopt.storage.save_file import Saver, load
from hyperopt.storage.save_format import _extend, _whole

__all__ = ["Saver", "_extend", "_whole", "load"]
