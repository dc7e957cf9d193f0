"""Reach Python objects by their dotted names, as job descriptions stored outside Python do."""

from __future__ import annotations

import importlib
import pickle
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hyperopt.environment.public_path import public

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import ModuleType

__all__ = ["get_obj", "import_tokens", "json_call", "json_lookup", "load_tokens"]


@public("hyperopt.utils")
def import_tokens(tokens: Sequence[str]) -> tuple[ModuleType | None, list[str]]:
    """Import as much of a dotted name as is a module.

    Parameters
    ----------
    tokens : sequence of str
        The name's parts, such as ``["os", "path", "join"]``.

    Returns
    -------
    module : module or None
        The innermost module that could be imported; None if the first part is not a module.
    rest : list of str
        The parts that remain: attributes of that module.
    """
    module: ModuleType | None = None
    for used in range(1, len(tokens) + 1):
        name = ".".join(tokens[:used])
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as error:
            if not _is_about(error, name):
                raise
            return module, list(tokens[used - 1 :])
    return module, []


@public("hyperopt.utils")
def load_tokens(tokens: Sequence[str]) -> Any:
    """Return the object that a dotted name, given in parts, stands for.

    Raises
    ------
    ModuleNotFoundError
        If the first part is not a module.
    AttributeError
        If a module or class lacks the attribute that is named next.
    """
    found, rest = import_tokens(tokens)
    if found is None:
        name = ".".join(tokens)
        raise ModuleNotFoundError(
            f"{name!r}: there is no module {tokens[0] if tokens else ''!r}; "
            "give a full dotted name such as 'os.path.join'"
        )
    value: Any = found
    for name in rest:
        value = getattr(value, name)
    return value


@public("hyperopt.utils")
def json_lookup(json: str) -> Any:
    """Return the object that the dotted name `json` stands for.

    Examples
    --------
    >>> json_lookup("math.gcd")(12, 18)
    6
    """
    if not isinstance(json, str):
        raise TypeError(f"json={json!r}: expected a dotted name (str)")
    return load_tokens(json.split("."))


@public("hyperopt.utils")
def json_call(json: Any, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Any:
    """Call the function that a dotted name stands for.

    Parameters
    ----------
    json : str
        Dotted name of a callable. Calls described by mappings or sequences are not defined.
    args, kwargs
        What to call it with.
    """
    if not isinstance(json, str):
        raise NotImplementedError(
            f"json={json!r}: only a dotted name (str) describes a call; "
            "pass the arguments as args= and kwargs="
        )
    return json_lookup(json)(*args, **dict(kwargs or {}))


@public("hyperopt.utils")
def get_obj(
    f: str,
    argfile: str | None = None,
    argstr: bytes | None = None,
    args: tuple[Any, ...] = (),
    kwargs: Mapping[str, Any] | None = None,
) -> Any:
    """Call the function named `f` with arguments of which some may be pickled.

    Parameters
    ----------
    f : str
        Dotted name of a callable.
    argfile : str, optional
        File with a pickled mapping that may have ``"args"`` and ``"kwargs"``; wins over `argstr`.
        Unpickling runs code: only pass files that you trust.
    argstr : bytes, optional
        Such a pickle itself.
    args, kwargs
        More arguments: pickled positional ones follow `args`, pickled keywords win over `kwargs`.
    """
    if argfile is not None:
        argstr = Path(argfile).read_bytes()
    stored = pickle.loads(argstr) if argstr is not None else {}
    return json_call(
        f,
        args=(*args, *stored.get("args", ())),
        kwargs={**(kwargs or {}), **stored.get("kwargs", {})},
    )


def _is_about(error: ModuleNotFoundError, name: str) -> bool:
    """Whether `name` itself is missing, rather than something that it imports."""
    missing = error.name or ""
    return name == missing or name.startswith(missing + ".")
