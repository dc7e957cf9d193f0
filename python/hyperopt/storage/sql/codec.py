"""Values as typed JSON: what a document may hold, written so that any process can read it safely.

Plain JSON stays plain. Everything else is a dict with one key that starts with ``$``: numpy scalars
and arrays, tuples, bytes, times, numbers that JSON has no notation for. A value that is of no such
kind becomes an `Opaque`: its pickle is kept, but nothing that reads a study loads it.
"""

from __future__ import annotations

import base64
import datetime
import decimal
import json
import math
import uuid
from collections.abc import Callable
from typing import Any

import numpy as np

from hyperopt.environment.public_path import public

__all__ = ["Opaque", "decode", "encode", "from_text", "to_text"]

_DEEPEST = 200
"""Containers nested deeper than this are kept as an `Opaque`."""


@public("hyperopt")
class Opaque:
    """A value that was not written as data: an object of some class, or a function.

    Parameters
    ----------
    text
        What ``repr`` said about it, shortened.
    pickled
        Its pickle, or None if it could not be pickled.
    """

    __slots__ = ("pickled", "text")

    def __init__(self, text: str, pickled: bytes | None) -> None:
        self.text = text
        self.pickled = pickled

    def load(self) -> Any:
        """Unpickle the value, which runs code that whoever wrote the study has chosen."""
        if self.pickled is None:
            raise ValueError(f"{self!r} could not be pickled when it was stored: only its text is")
        import pickle

        return pickle.loads(self.pickled)

    def __repr__(self) -> str:
        size = "not pickled" if self.pickled is None else f"{len(self.pickled)} bytes"
        return f"<Opaque {self.text} ({size}); load() unpickles it>"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Opaque):
            return NotImplemented
        return (self.text, self.pickled) == (other.text, other.pickled)

    def __hash__(self) -> int:
        return hash((self.text, self.pickled))


def to_text(value: Any) -> str:
    """`value` as text."""
    return json.dumps(encode(value), allow_nan=False, separators=(",", ":"))


def from_text(text: str) -> Any:
    """The value of a text that `to_text` made."""
    # A dollar sign that starts a string may be data too; then the hook finds nothing to do.
    return json.loads(text, object_hook=_from_dict) if '"$' in text else json.loads(text)


def encode(value: Any) -> Any:
    """`value` as something that ``json.dumps`` writes; never fails."""
    try:
        return _encode(value, 0)
    except Exception:  # A value whose own methods raise, or that contains itself.
        return _opaque(value)


def decode(value: Any) -> Any:
    """What `encode` was given."""
    return from_text(json.dumps(value))


def _encode(value: Any, depth: int) -> Any:
    kind = type(value)
    if kind is str or kind is int or value is None or kind is bool:
        return value
    if kind is float:
        return value if math.isfinite(value) else {"$f": repr(value)}
    if kind is dict:
        return _encode_dict(value, depth)
    if kind is list:
        return [_inner(item, depth) for item in value]
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        return encoder(value)
    if kind is tuple:
        return {"$t": [_inner(item, depth) for item in value]}
    if kind in (set, frozenset):
        name = "$s" if kind is set else "$z"
        return {name: [_inner(item, depth) for item in sorted(value, key=repr)]}
    if isinstance(value, np.generic) and kind is not np.object_:
        return _encode_scalar(value)
    if kind is np.ndarray and not value.dtype.hasobject:
        return _encode_array(value)
    return _opaque(value)


def _inner(item: Any, depth: int) -> Any:
    if depth >= _DEEPEST:
        raise RecursionError("nested too deeply")
    try:
        return _encode(item, depth + 1)
    except RecursionError:
        raise
    except Exception:
        return _opaque(item)


def _encode_dict(value: dict[Any, Any], depth: int) -> Any:
    if all(type(key) is str and not key.startswith("$") for key in value):
        return {key: _inner(item, depth) for key, item in value.items()}
    return {"$d": [[_inner(key, depth), _inner(item, depth)] for key, item in value.items()]}


def _encode_scalar(value: np.generic) -> Any:
    if value.dtype.kind in "iub":
        return {"$n": [value.dtype.name, int(value)]}
    if type(value) is np.float64:
        number = float(value)
        return {"$n": ["float64", number if math.isfinite(number) else repr(number)]}
    return {"$x": [_dtype(value), base64.b64encode(value.tobytes()).decode()]}


def _encode_array(value: np.ndarray[Any, Any]) -> Any:
    data = base64.b64encode(np.ascontiguousarray(value).tobytes()).decode()
    return {"$a": [_dtype(value), list(value.shape), data]}


def _dtype(value: Any) -> Any:
    import numpy.lib.format

    return numpy.lib.format.dtype_to_descr(value.dtype)


def _opaque(value: Any) -> Any:
    if isinstance(value, Opaque):
        text, pickled = value.text, value.pickled
    else:
        text, pickled = _words(value), _pickled(value)
    return {"$p": [text, None if pickled is None else base64.b64encode(pickled).decode()]}


def _words(value: Any) -> str:
    kind = type(value)
    try:
        text = repr(value)
    except Exception:
        text = "(its repr raises)"
    return f"{kind.__module__}.{kind.__qualname__}: {text[:200]}"


def _pickled(value: Any) -> bytes | None:
    try:
        import cloudpickle

        data: bytes = cloudpickle.dumps(value)
    except Exception:  # Anything may happen in a class's own methods.
        return None
    return data


def _encode_datetime(value: datetime.datetime) -> Any:
    if value.tzinfo is not None and type(value.tzinfo) is not datetime.timezone:
        return _opaque(value)
    return {"$datetime": [value.isoformat(), value.fold]}


_ENCODERS: dict[type, Callable[[Any], Any]] = {
    bytes: lambda value: {"$b": base64.b64encode(value).decode()},
    bytearray: lambda value: {"$bytearray": base64.b64encode(value).decode()},
    complex: lambda value: {"$complex": [repr(value.real), repr(value.imag)]},
    datetime.datetime: _encode_datetime,
    datetime.date: lambda value: {"$date": value.isoformat()},
    datetime.timedelta: lambda value: {"$delta": [value.days, value.seconds, value.microseconds]},
    decimal.Decimal: lambda value: {"$decimal": str(value)},
    uuid.UUID: lambda value: {"$uuid": value.hex},
    Opaque: _opaque,
    np.float64: _encode_scalar,
    np.int64: _encode_scalar,
}


def _decode_array(parts: list[Any]) -> np.ndarray[Any, Any]:
    descr, shape, data = parts
    dtype = _as_dtype(descr)
    return np.frombuffer(base64.b64decode(data), dtype=dtype).reshape(shape).copy()


def _decode_scalar(parts: list[Any]) -> Any:
    name, value = parts
    return np.dtype(name).type(value)


def _as_dtype(descr: Any) -> np.dtype[Any]:
    import numpy.lib.format

    if isinstance(descr, list):
        descr = [tuple(_descr_field(part) for part in field) for field in descr]
    dtype: np.dtype[Any] = numpy.lib.format.descr_to_dtype(descr)
    if dtype.hasobject:
        raise ValueError(f"an array of {descr!r} holds objects, which are never read")
    return dtype


def _descr_field(part: Any) -> Any:
    return tuple(part) if isinstance(part, list) and all(type(n) is int for n in part) else part


_DECODERS: dict[str, Callable[[Any], Any]] = {
    "$f": float,
    "$t": tuple,
    "$s": set,
    "$z": frozenset,
    "$d": dict,
    "$n": _decode_scalar,
    "$x": lambda parts: np.frombuffer(base64.b64decode(parts[1]), _as_dtype(parts[0]))[0],
    "$a": _decode_array,
    "$b": base64.b64decode,
    "$bytearray": lambda text: bytearray(base64.b64decode(text)),
    "$complex": lambda parts: complex(float(parts[0]), float(parts[1])),
    "$datetime": lambda parts: datetime.datetime.fromisoformat(parts[0]).replace(fold=parts[1]),
    "$date": datetime.date.fromisoformat,
    "$delta": lambda parts: datetime.timedelta(*parts),
    "$decimal": decimal.Decimal,
    "$uuid": uuid.UUID,
    "$p": lambda parts: Opaque(parts[0], None if parts[1] is None else base64.b64decode(parts[1])),
}


def _from_dict(value: dict[str, Any]) -> Any:
    if len(value) == 1:
        ((key, content),) = value.items()
        if key in _DECODERS:
            return _DECODERS[key](content)
    return value
