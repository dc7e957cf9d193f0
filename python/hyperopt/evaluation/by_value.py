"""Pickling of functions by value, which keeps the names of their files."""

from __future__ import annotations

import io
import types
from typing import Any

import cloudpickle

__all__ = ["dumps"]


def dumps(value: Any) -> bytes:
    """`cloudpickle.dumps`, but code objects keep their ``co_filename``.

    cloudpickle replaces it, for pickles that are the same everywhere; then the tracebacks of an
    objective that runs elsewhere don't show its lines.
    """
    with io.BytesIO() as file:
        _Pickler(file).dump(value)
        return file.getvalue()


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    def reducer_override(self, obj: Any) -> Any:
        if type(obj) is not types.CodeType:
            return super().reducer_override(obj)
        reduce = cloudpickle.Pickler.dispatch_table.get(types.CodeType)
        if reduce is None:
            return NotImplemented
        make, args, *rest = reduce(obj)
        names = (obj.co_filename if part == "<dynamic-code>" else part for part in args)
        return make, tuple(names), *rest
