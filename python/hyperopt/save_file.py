"""Front door: files from which runs continue; they name `_whole` and `_extend` by this path."""

from hyperopt.storage.save_file import Saver, _extend, _whole, load

__all__ = ["Saver", "_extend", "_whole", "load"]
