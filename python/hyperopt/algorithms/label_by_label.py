"""Base classes for suggestion algorithms that decide label by label."""

from __future__ import annotations

import copy
from collections import deque
from collections.abc import Iterable
from typing import Any

import numpy as np

from hyperopt.environment.public_path import public
from hyperopt.objective.domain import Domain
from hyperopt.pyll.base import Apply, GarbageCollected, Literal, as_apply, dfs, rec_eval, scope
from hyperopt.space.vectorize import Drawn, prior_nodes
from hyperopt.storage.documents import Document, misc_of_values
from hyperopt.storage.store import TrialStore

__all__ = ["ExprEvaluator", "SuggestAlgo"]

_MAX_PROGRAM_LEN = 100_000


@public("hyperopt.algobase")
class ExprEvaluator:
    """Evaluates an expression node by node, through methods that a subclass may replace.

    Parameters
    ----------
    expr
        The expression.
    deepcopy_inputs
        Whether functions get copies of their arguments.
    max_program_len
        How many nodes may wait at once before the expression is taken to be cyclic.
    memo_gc
        Whether values that no node needs any more are dropped.
    """

    def __init__(
        self,
        expr: Any,
        deepcopy_inputs: bool = False,
        max_program_len: int | None = None,
        memo_gc: bool = True,
    ) -> None:
        self.expr = as_apply(expr)
        self.deepcopy_inputs = deepcopy_inputs
        self.max_program_len = _MAX_PROGRAM_LEN if max_program_len is None else max_program_len
        self.memo_gc = memo_gc

    def eval_nodes(self, memo: dict[Any, Any] | None = None) -> dict[Any, Any]:
        """Evaluate `expr`; return the values by node, with that of `expr` among them."""
        memo = {} if memo is None else dict(memo)
        self.clients: dict[Apply, set[Apply]] = {}
        if self.memo_gc:
            for node in dfs(self.expr):
                self.clients.setdefault(node, set())
                for child in node.inputs():
                    self.clients.setdefault(child, set()).add(node)
        todo = deque([self.expr])
        while todo:
            if len(todo) > self.max_program_len:
                raise RuntimeError(
                    f"{len(todo)} nodes wait to be evaluated: the expression seems to be cyclic"
                )
            node = todo.pop()
            if node in memo:
                continue
            if isinstance(node, Literal):
                self.set_in_memo(memo, node, node.obj)
                continue
            if node.name == "switch":
                waiting_on = self.on_switch(memo, node)
                if waiting_on is None:
                    continue
            else:
                waiting_on = [child for child in node.inputs() if child not in memo]
            if waiting_on:
                todo.append(node)
                todo.extend(waiting_on)
                continue
            value = self.on_node(memo, node)
            if isinstance(value, Apply):
                value = rec_eval(value, memo=memo)
            self.set_in_memo(memo, node, value)
        return memo

    def on_switch(self, memo: dict[Any, Any], node: Apply) -> list[Apply] | None:
        """Store the value of a switch and return None, or return the nodes that it waits for."""
        index = node.pos_args[0]
        if index not in memo:
            return [index]
        option = node.pos_args[int(memo[index]) + 1]
        if option not in memo:
            return [option]
        self.set_in_memo(memo, node, memo[option])
        return None

    def on_node(self, memo: dict[Any, Any], node: Apply) -> Any:
        """Compute the value of a node whose arguments are in `memo`."""
        args = [memo[child] for child in node.pos_args]
        kwargs = {name: memo[child] for name, child in node.named_args}
        if self.deepcopy_inputs:
            args, kwargs = copy.deepcopy((args, kwargs))
        return scope._impls[node.name](*args, **kwargs)

    def set_in_memo(self, memo: dict[Any, Any], k: Apply, v: Any) -> None:
        """Store a value, and drop those that only `k` still needed."""
        memo[k] = v
        if not self.memo_gc:
            return
        for child in k.inputs():
            if child in memo and all(client in memo for client in self.clients.get(child, ())):
                memo[child] = GarbageCollected


@public("hyperopt.algobase")
class SuggestAlgo(ExprEvaluator):
    """Suggests trials one by one: walks the space and decides each label that becomes active.

    A subclass defines ``on_node_hyperparameter(memo, node, label)``. `node` is the label's prior
    with the arguments ``size`` and ``rng``; the values of all its arguments are in `memo`. It
    returns an array of one value; `ExprEvaluator.on_node(self, memo, node)` draws from the prior.

    Parameters
    ----------
    domain, trials, seed
        What a suggestion algorithm is called with.
    """

    def __init__(self, domain: Domain, trials: TrialStore, seed: int) -> None:
        super().__init__(domain.expr)
        self.domain = domain
        self.trials = trials
        self._seed = seed
        self.rng = np.random.default_rng(seed)
        self._prior_nodes = prior_nodes(domain.params, size=Literal(1), rng=domain.s_rng)
        self.label_by_node = {node: label for label, node in self._prior_nodes.items()}

    def __call__(self, new_id: Any) -> list[Document]:
        """Suggest one trial: a list of one document."""
        self.rng = np.random.default_rng(self._seed + new_id)
        values = self._decide(new_id)
        domain = self.domain
        misc = misc_of_values(new_id, values, domain.params, domain.cmd, domain.workdir)
        return self.trials.new_trial_docs([new_id], [None], [self.domain.new_result()], [misc])

    def batch(self, new_ids: Iterable[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Suggest for several ids; return the columns ``(idxs, vals)`` as arrays."""
        new_ids = list(new_ids)
        self.rng = np.random.default_rng([self._seed, *new_ids])
        idxs: dict[str, list[Any]] = {label: [] for label in self.domain.params}
        vals: dict[str, list[Any]] = {label: [] for label in self.domain.params}
        for new_id in new_ids:
            for label, value in self._decide(new_id).items():
                idxs[label].append(new_id)
                vals[label].append(value)
        return (
            {label: np.asarray(column) for label, column in idxs.items()},
            {label: np.asarray(column) for label, column in vals.items()},
        )

    def on_node(self, memo: dict[Any, Any], node: Apply) -> Any:
        """Compute the value of a node; a label's prior goes to `on_node_hyperparameter`."""
        label = self.label_by_node.get(node)
        if label is None:
            return super().on_node(memo, node)
        return self.on_node_hyperparameter(memo, node, label)

    def on_node_hyperparameter(self, memo: dict[Any, Any], node: Apply, label: str) -> Any:
        """Choose a value for `label`; here, a draw from the prior."""
        return ExprEvaluator.on_node(self, memo, node)

    def _decide(self, new_id: Any) -> dict[str, Any]:
        """The values of the active labels of a new trial."""
        memo: dict[Any, Any] = {self.domain.s_new_ids: [new_id], self.domain.s_rng: self.rng}

        def decide(label: str) -> Any:
            node = self._prior_nodes[label]
            for child in node.inputs():
                if child not in memo:
                    memo[child] = rec_eval(child)
            memo[node] = self.on_node(memo, node)
            return np.asarray(memo[node]).ravel()[0]

        space = self.domain.space
        drawn = Drawn(decide, space.labels)
        active = space.active(drawn)
        return {label: drawn[label] for label in space.labels if label in active}
