"""The public names of hyperopt 0.3.0, with their parameters and defaults, against this package.

``supported.json`` lists, module by module, what the package promises; ``unsupported.json`` names
what it lacks, each with the reason.

An entry of supported.json is ``function`` (its signature), ``class`` (its bases and members),
``value`` (its type and, where it is fixed, its repr), or ``same_as`` (the object it must be).
"""

from __future__ import annotations

import ast
import importlib
import inspect
import json
from pathlib import Path
from typing import Any

import pytest

HERE = Path(__file__).parent
SUPPORTED = json.loads((HERE / "supported.json").read_text())
UNSUPPORTED = json.loads((HERE / "unsupported.json").read_text())
MODULES = SUPPORTED["modules"]


def entries():
    for module, names in MODULES.items():
        for name, entry in names.items():
            yield pytest.param(module, name, entry, id=f"{module}.{name}")


def members():
    for module, names in MODULES.items():
        for name, entry in names.items():
            for member, shape in entry.get("members", {}).items():
                yield pytest.param(module, name, member, shape, id=f"{module}.{name}.{member}")


def resolve(module: str, name: str) -> Any:
    return getattr(importlib.import_module(module), name)


def parameters_of(signature: str) -> list[tuple[str, str, str | None]]:
    """Parse ``(a, *args, b=1)`` into names, kinds and the text of defaults."""
    text = signature.split(" -> ")[0].replace("<function>", "function").replace("/, ", "")
    arguments = ast.parse(f"def f{text}: pass").body[0].args
    positional = [*arguments.posonlyargs, *arguments.args]
    blank = [None] * (len(positional) - len(arguments.defaults))
    found = [
        (a.arg, "positional", default and ast.unparse(default))
        for a, default in zip(positional, blank + arguments.defaults, strict=True)
    ]
    if arguments.vararg:
        found.append((arguments.vararg.arg, "args", None))
    found += [
        (a.arg, "keyword", default and ast.unparse(default))
        for a, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    if arguments.kwarg:
        found.append((arguments.kwarg.arg, "kwargs", None))
    return found


def same_default(written: str | None, given: inspect.Parameter) -> bool:
    if written is None:  # required upstream; a default harms no call
        return True
    if written == "function":
        return inspect.isfunction(given.default)
    if given.default is inspect.Parameter.empty:
        return False
    return repr(given.default) == written or _evaluated(written) == given.default


def _evaluated(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return object()


def assert_accepts(function: Any, signature: str) -> None:
    """Check that every call written for `signature` means the same to `function`."""
    if " -> " in signature:  # made by scikit-learn, not written
        return
    ours = list(inspect.signature(function).parameters.values())
    by_name = {p.name: p for p in ours}
    kinds = {p.kind for p in ours}
    takes_all = {inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD} <= kinds
    wanted = parameters_of(signature)
    for index, (name, kind, default) in enumerate(wanted):
        if kind in ("args", "kwargs"):
            variable = {
                "args": inspect.Parameter.VAR_POSITIONAL,
                "kwargs": inspect.Parameter.VAR_KEYWORD,
            }[kind]
            # It may be replaced by named parameters.
            assert variable in kinds or len(ours) > index, f"no *{name}"
        elif name in by_name:
            assert same_default(default, by_name[name]), (
                f"{name}: default {by_name[name].default!r}, upstream's is {default}"
            )
            if kind == "positional":
                assert index < len(ours), f"{name} is not at position {index}"
                assert ours[index].name == name, f"{name} is not at position {index}"
        else:
            assert takes_all or name == "self", f"no parameter {name}"
    known = {name for name, _, _ in wanted}
    for parameter in ours:
        if parameter.name not in known and parameter.kind not in (
            inspect.Parameter.VAR_POSITIONAL,
            inspect.Parameter.VAR_KEYWORD,
        ):
            spelled_out = any(kind in ("args", "kwargs") for _, kind, _ in wanted)
            assert parameter.default is not inspect.Parameter.empty or spelled_out, (
                f"{parameter.name} is an addition without a default"
            )


@pytest.mark.parametrize("module", [*MODULES, *UNSUPPORTED["importable modules"]])
def test_every_module_can_be_imported(module):
    importlib.import_module(module)


@pytest.mark.parametrize(("module", "name", "entry"), list(entries()))
def test_a_name_is_what_upstream_has_there(module, name, entry):
    thing = resolve(module, name)
    if "function" in entry:
        assert callable(thing)
        if not isinstance(thing, type) and "ufunc" not in type(thing).__name__:
            assert_accepts(thing, entry["function"])
    if "class" in entry:
        assert inspect.isclass(thing)
        ancestors = {c.__name__ for c in thing.__mro__}
        assert set(entry["class"]) <= ancestors
    if "value" in entry:
        assert type(thing).__name__ == entry["value"]
        if "repr" in entry:
            assert repr(thing) == entry["repr"]
    if "same_as" in entry:
        home, _, attribute = entry["same_as"].rpartition(".")
        assert thing is resolve(home, attribute)


@pytest.mark.parametrize(("module", "name", "member", "shape"), list(members()))
def test_a_class_has_upstreams_members(module, name, member, shape):
    found = inspect.getattr_static(resolve(module, name), member, None)
    if shape == "attribute":
        assert hasattr(resolve(module, name), member)
    elif shape == "property":
        assert isinstance(found, property) or hasattr(found, "__get__")
    else:
        assert_accepts(getattr(resolve(module, name), member), shape)


@pytest.mark.parametrize("symbol", SUPPORTED["scope"])
def test_the_scope_knows_a_symbol(symbol):
    from hyperopt.pyll import scope

    assert callable(getattr(scope, symbol))


def test_what_is_not_supported_is_absent_or_refuses_and_has_a_reason():
    assert UNSUPPORTED["names"]
    for path, reason in UNSUPPORTED["names"].items():
        assert len(reason) > 20, path
        module, _, name = path.rpartition(".")
        assert name not in MODULES.get(module, {}), f"{path} is listed as supported too"
        assert name not in SUPPORTED["scope"] or module != "scope"


def test_importing_everything_gives_upstreams_names():
    namespace: dict[str, Any] = {}
    exec("from hyperopt import *", namespace)
    assert set(MODULES["hyperopt"]) <= set(namespace)
    for module in ("hp", "pyll", "tpe", "rand", "anneal", "mix", "base", "exceptions", "atpe"):
        assert inspect.ismodule(namespace[module]), module
