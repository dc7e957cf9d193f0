"""A search space as data, which can be read without unpickling anything.

An expression is a graph of named functions and constants. It is written as a list of nodes, each
after its arguments. Reading makes only nodes of functions that compute with numbers and containers,
so a space that somebody has tampered with calls nothing else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.pyll.base import Apply, Literal, dfs
from hyperopt.storage.sql import codec

if TYPE_CHECKING:
    from hyperopt.space.description import Description

__all__ = ["description_in", "space_of", "text_of"]

_READABLE = {
    *("literal", "hyperopt_param", "switch", "pos_args", "dict", "list", "getitem", "len", "range"),
    *("uniform", "quniform", "loguniform", "qloguniform", "normal", "qnormal", "lognormal"),
    *("qlognormal", "randint", "randint_via_categorical", "categorical", "repeat", "str_join"),
    *("add", "sub", "mul", "truediv", "floordiv", "pow", "neg", "exp", "log", "sqrt", "sin", "cos"),
    *("tan", "sum", "max", "min", "maximum", "minimum", "eq", "ge", "gt", "le", "lt"),
    *("float", "int", "identity"),
}


def text_of(expression: Apply, description: Description | None = None) -> str:
    """The text of an expression; constants that are no data are kept as `codec.Opaque`.

    Its `description`, which is plain data whatever the constants are, can be kept with it.
    """
    numbers: dict[int, int] = {}
    nodes: list[Any] = []
    for node in dfs(expression):
        numbers[id(node)] = len(nodes)
        if isinstance(node, Literal):
            nodes.append({"value": codec.encode(node.obj)})
            continue
        entry: dict[str, Any] = {"call": node.name}
        if node.pos_args:
            entry["args"] = [numbers[id(other)] for other in node.pos_args]
        if node.named_args:
            entry["named"] = [[name, numbers[id(other)]] for name, other in node.named_args]
        if node.o_len is not None:
            entry["length"] = node.o_len
        if node.pure:
            entry["pure"] = True
        nodes.append(entry)
    import json

    content: dict[str, Any] = {"space": nodes}
    if description is not None:
        content["labels"] = [list(item) for item in description.items()]
    return json.dumps(content, separators=(",", ":"))


def description_in(text: str) -> Description | None:
    """The description that a text holds, if it holds one."""
    import json

    found = json.loads(text).get("labels")
    return None if found is None else dict(found)


def space_of(text: str) -> Apply:
    """The expression of a text.

    Raises
    ------
    ValueError
        If the space calls functions that are not read from a study.
    """
    made: list[Apply] = []
    for entry in codec.from_text(text)["space"]:
        if "value" in entry:
            made.append(Literal(entry["value"]))
            continue
        name = entry["call"]
        if name not in _READABLE:
            raise ValueError(
                f"the stored space calls the function {name!r}, which is not run from a database; "
                "give the space itself (hyperopt verify and hyperopt worker take --space "
                "package.module:space)"
            )
        made.append(
            Apply(
                name,
                [made[number] for number in entry.get("args", ())],
                [[key, made[number]] for key, number in entry.get("named", ())],
                entry.get("length"),
                entry.get("pure", False),
            )
        )
    return made[-1]
