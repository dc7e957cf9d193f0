"""Text for expression graphs: an indented tree, and one line for error messages."""

from __future__ import annotations

import io
from typing import Any, TextIO

from .graph import Apply, Literal

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
        elif isinstance(item, Literal):
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
    """Return a node as a call, with what lies deeper than `depth` left out.

    Examples
    --------
    >>> from hyperopt.pyll import scope
    >>> one_line(scope.int(scope.sqrt(2.5)))
    'int(sqrt(2.5))'
    """
    if isinstance(node, Literal):
        return _shorten(node.obj, quote=True)
    if node.name == "hyperopt_param":
        return f"hyperopt_param({_label(node)})"
    if depth == 0:
        return f"{node.name}(...)"
    shown = [one_line(argument, depth - 1) for argument in node.pos_args[:4]]
    shown += [f"{name}={one_line(value, depth - 1)}" for name, value in node.named_args[:4]]
    if len(node.pos_args) > 4 or len(node.named_args) > 4:
        shown.append("...")
    return f"{node.name}({', '.join(shown)})"


def _label(node: Apply) -> str:
    label = node.pos_args[0] if node.pos_args else None
    return repr(label.obj) if isinstance(label, Literal) else "..."


def _shorten(obj: Any, quote: bool = False) -> str:
    text = repr(obj) if quote else str(obj)
    text = " ".join(text.split()) if quote else text
    return text if len(text) <= 80 else text[:77] + "..."
