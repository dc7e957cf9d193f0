"""Text for expression graphs: an indented tree, and one line for error messages."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, TextIO

from hyperopt.environment.strangers import repr_of, text_of

from .node import is_literal

if TYPE_CHECKING:
    from .graph import Apply

__all__ = ["one_line", "tree_text", "write_tree"]


def write_tree(
    root: Apply,
    ofile: TextIO,
    lineno: list[int] | None,
    indent: int,
    memo: dict[Apply, int] | None,
) -> None:
    """Write a graph as an indented tree; see `Apply.pprint`."""
    written: dict[Apply, int] = {} if memo is None else memo
    count = [0] if lineno is None else lineno
    stack: list[tuple[Any, int]] = [(root, indent)]
    while stack:
        item, column = stack.pop()
        prefix = f"{count[0]} " if lineno is not None else ""
        margin = prefix + " " * column
        if isinstance(item, str):
            ofile.write(f"{margin}{item} =\n")
        elif is_literal(item):
            ofile.write(f"{margin}Literal{{{_shorten(item.obj)}}}\n")
        elif item in written:
            ofile.write(f"{margin}{item.name}  [line:{written[item]}]\n")
        else:
            written[item] = count[0]
            ofile.write(f"{margin}{item.name}\n")
            for name, node in reversed(item.named_args):
                stack.append((node, column + 2))
                stack.append((str(name), column + 1))
            stack.extend((node, column + 2) for node in reversed(item.pos_args))
        count[0] += 1


def tree_text(root: Apply) -> str:
    """Return a graph as an indented tree with numbered lines."""
    text = io.StringIO()
    write_tree(root, text, [0], 0, None)
    return text.getvalue().rstrip("\n")


def one_line(node: Apply, depth: int = 3) -> str:
    """Return a node as the call that makes it, with what lies deeper than `depth` left out.

    Examples
    --------
    >>> from hyperopt import hp
    >>> from hyperopt.pyll import scope
    >>> one_line(scope.int(scope.sqrt(2.5)))
    'int(sqrt(2.5))'
    >>> one_line(hp.choice("kind", ["a", hp.uniform("x", 0, 1)]))
    "hp.choice('kind', ['a', hp.uniform('x', 0, 1)])"
    """
    if is_literal(node):
        return _shorten(node.obj, quote=True)
    if node.name in ("float", "int") and _is_cast_of_parameter(node):
        node = node.pos_args[0]
    if node.name == "hyperopt_param":
        return _parameter(node)
    if depth == 0:
        return "..." if node.name in ("dict", "pos_args") else f"{node.name}(...)"
    positional = _listed([one_line(argument, depth - 1) for argument in node.pos_args[:5]])
    named = [(name, one_line(value, depth - 1)) for name, value in node.named_args[:5]]
    if node.name == "switch" and node.pos_args and node.pos_args[0].name == "hyperopt_param":
        return _choice(node.pos_args[0], positional[1:])
    if node.name == "pos_args":
        return f"[{', '.join(positional)}]"
    if node.name == "dict" and not node.pos_args:
        return "{" + ", ".join(_listed([f"{name!r}: {value}" for name, value in named])) + "}"
    shown = positional + _listed([f"{name}={value}" for name, value in named])
    return f"{node.name}({', '.join(shown)})"


def _listed(shown: list[str]) -> list[str]:
    """What is shown of a list: four items."""
    return shown if len(shown) <= 4 else [*shown[:4], "..."]


def _is_cast_of_parameter(node: Apply) -> bool:
    """Whether an hp function has put this cast around its parameter, as numbers have it."""
    if len(node.pos_args) != 1 or node.pos_args[0].name != "hyperopt_param":
        return False
    drawn = node.pos_args[0].pos_args[1:]
    return bool(drawn) and (drawn[0].name == "randint") == (node.name == "int")


def _parameter(node: Apply) -> str:
    label, *drawn = node.pos_args
    shown_label = repr(label.obj) if is_literal(label) else "..."
    if not drawn or not all(is_literal(argument) for argument in drawn[0].inputs()):
        return f"hp.{drawn[0].name if drawn else '...'}({shown_label}, ...)"
    arguments = [_shorten(argument.obj, quote=True) for argument in drawn[0].pos_args]  # type: ignore[attr-defined]
    arguments += [
        f"{name}={_shorten(value.obj, quote=True)}"
        for name, value in drawn[0].named_args
        if name not in ("rng", "size")
    ]
    return f"hp.{drawn[0].name}({', '.join([shown_label, *arguments])})"


def _choice(parameter: Apply, options: list[str]) -> str:
    label, *drawn = parameter.pos_args
    shown_label = repr(label.obj) if is_literal(label) else "..."
    weighted = bool(drawn) and drawn[0].name == "categorical"
    name, prefix = ("pchoice", "(..., ") if weighted else ("choice", "")
    suffix = ")" if weighted else ""
    shown = [option if option == "..." else f"{prefix}{option}{suffix}" for option in options]
    return f"hp.{name}({shown_label}, [{', '.join(shown)}])"


def _shorten(obj: Any, quote: bool = False) -> str:
    text = repr_of(obj) if quote else text_of(obj)
    text = " ".join(text.split()) if quote else text
    return text if len(text) <= 80 else text[:77] + "..."
