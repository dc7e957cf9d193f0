"""Front door: pickles of version 0.1 name the writers of trials by this path."""

from hyperopt.storage.writer import DirectStore, PublicStore

__all__ = ["DirectStore", "PublicStore"]
