"""Front door of the expression graph under its well-known module name.

The parts live in `hyperopt.pyll.graph` (nodes), `.symbols` (the function table), `.operators` (the
functions), `.traversal` (walks and copies), `.evaluation` and `.printing`. Imports go from `node`
and `functions` up to `graph`, and from there to `symbols` and `operators`.
"""

from __future__ import annotations

import re

import numpy as np

from .evaluation import DEFAULT_MAX_PROGRAM_LEN
from .graph import Apply, Literal, as_apply, rec_eval
from .lambdas import Lambda
from .node import GarbageCollected, MissingArgument, UndefinedValue
from .operators import (
    Raise,
    apply,
    array_union,
    array_union1,
    asarray,
    bincount,
    call,
    call_method,
    call_method_pure,
    callpipe1,
    copy_call_method_pure,
    cos,
    curtime,
    exp,
    identity,
    log,
    maximum,
    minimum,
    p0,
    p1,
    p2,
    p3,
    p4,
    partial,
    pdb_settrace,
    pos_args,
    pow,  # noqa: A004
    repeat,
    sin,
    sqrt,
    str_join,
    sum,  # noqa: A004
    switch,
    tan,
)
from .symbols import PyllImportError, SymbolTable, SymbolTableEntry, scope
from .traversal import clone, clone_merge, dfs, toposort

#: Major and minor version of numpy.
np_versions = [int(number) for number in re.findall(r"\d+", np.__version__)[:2]]

__all__ = [
    "DEFAULT_MAX_PROGRAM_LEN",
    "Apply",
    "GarbageCollected",
    "Lambda",
    "Literal",
    "MissingArgument",
    "PyllImportError",
    "Raise",
    "SymbolTable",
    "SymbolTableEntry",
    "UndefinedValue",
    "apply",
    "array_union",
    "array_union1",
    "as_apply",
    "asarray",
    "bincount",
    "call",
    "call_method",
    "call_method_pure",
    "callpipe1",
    "clone",
    "clone_merge",
    "copy_call_method_pure",
    "cos",
    "curtime",
    "dfs",
    "exp",
    "identity",
    "log",
    "maximum",
    "minimum",
    "np_versions",
    "p0",
    "p1",
    "p2",
    "p3",
    "p4",
    "partial",
    "pdb_settrace",
    "pos_args",
    "pow",
    "rec_eval",
    "repeat",
    "scope",
    "sin",
    "sqrt",
    "str_join",
    "sum",
    "switch",
    "tan",
    "toposort",
]
