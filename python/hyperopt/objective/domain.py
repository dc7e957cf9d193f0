"""`Domain`: an objective together with the search space of its argument."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from hyperopt.environment.public_path import public
from hyperopt.environment.strangers import repr_of
from hyperopt.exceptions import (
    DuplicateLabel,
    InvalidLoss,
    InvalidResultStatus,
    MissingStatus,
    TrialPruned,
)
from hyperopt.objective.ctrl import Ctrl
from hyperopt.pruning.reporting import running
from hyperopt.pyll.base import Apply, GarbageCollected, Literal, as_apply, dfs, rec_eval
from hyperopt.space.activation import drawn_by, label_of
from hyperopt.storage.documents import (
    CMD,
    STATUS_NEW,
    STATUS_OK,
    STATUS_STRINGS,
    active_values,
)

if TYPE_CHECKING:
    from hyperopt.pruning.contract import Pruner
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.space.vectorize import VectorizeHelper

_TRANSIENT = ("space", "vh", "s_idxs_vals")


def normalise_result(value: Any) -> dict[str, Any]:
    """What an objective returned, as a result: a new dict with a valid ``status``.

    Parameters
    ----------
    value
        A real number, or what ``float`` makes one of, such as a tensor without dimensions (the
        loss; the status is *ok* then); or a mapping with a ``status`` of
        `STATUS_STRINGS`. Status *ok* needs a ``loss``, which becomes a float; it may be NaN.

    Raises
    ------
    TypeError, MissingStatus, InvalidResultStatus, InvalidLoss
        If it is neither.
    """
    if type(value) is float:
        return {"loss": value, "status": STATUS_OK}
    if isinstance(value, (float, int, np.number, np.bool_)) or _is_scalar(value):
        return {"loss": float(value), "status": STATUS_OK}
    try:
        result: dict[str, Any] = dict(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"the objective returned {repr_of(value)} ({type(value).__name__}): return the loss as "
            "a number, or a dict like {'loss': 0.5, 'status': 'ok'}"
        ) from None
    if "status" not in result:
        raise MissingStatus(result)
    status = result["status"]
    if status not in STATUS_STRINGS:
        raise InvalidResultStatus(result)
    if status == STATUS_OK:
        try:
            result["loss"] = float(result["loss"])
        except (TypeError, KeyError, ValueError):
            raise InvalidLoss(result) from None
    return result


def _is_scalar(value: Any) -> bool:
    """Whether this converts itself to a float, and is no array of several numbers."""
    return hasattr(type(value), "__float__") and not getattr(value, "ndim", 0)


@public("hyperopt.base")
class Domain:
    """A search space and the function to be minimised over it.

    Parameters
    ----------
    fn
        Called with a point of the space; returns a loss or a result (see `normalise_result`).
        With `pass_expr_memo_ctrl` it is called as ``fn(expr=, memo=, ctrl=)`` instead.
    expr
        The space: an expression, or anything that `as_apply` makes into one.
    workdir, name, loss_target
        Kept for whoever wants them.
    pass_expr_memo_ctrl
        None means: if `fn` was decorated so by `fmin_pass_expr_memo_ctrl`.

    Raises
    ------
    DuplicateLabel
        If two different parameters have the same label.
    """

    rec_eval_print_node_on_error = False
    pruner: Pruner | None = None
    """Makes the rules by which trials stop early, in the driver or in a worker of a database."""
    pyll_ctrl: ClassVar[Apply] = as_apply(Ctrl)
    """Stands, in an expression, for the `Ctrl` of the evaluation."""

    def __init__(
        self,
        fn: Callable[..., Any] | None,
        expr: Any,
        workdir: str | None = None,
        pass_expr_memo_ctrl: bool | None = None,
        name: str | None = None,
        loss_target: float | None = None,
    ) -> None:
        self.fn = fn
        if pass_expr_memo_ctrl is None:
            pass_expr_memo_ctrl = getattr(fn, "fmin_pass_expr_memo_ctrl", False)
        self.pass_expr_memo_ctrl = pass_expr_memo_ctrl
        self.expr = as_apply(expr)
        self.params: dict[str, Any] = {}
        self._wants_ctrl = False
        for node in dfs(self.expr):
            if (label := label_of(node)) is not None:
                if label in self.params:
                    raise DuplicateLabel.of(label)
                self.params[label] = drawn_by(node)
            elif isinstance(node, Literal) and node.obj is Ctrl:
                self._wants_ctrl = True
        self.loss_target = loss_target
        self.name = name
        self.workdir = workdir
        self.s_new_ids = Literal("new_ids")
        self.s_rng = Literal("rng-placeholder")
        self.cmd = CMD

    @cached_property
    def space(self) -> CompiledSpace:
        """The compiled space, which evaluates points and knows the priors."""
        from hyperopt.space.compiler import compile_space

        return compile_space(self.expr)

    @cached_property
    def vh(self) -> VectorizeHelper:
        """The space as an expression over many trials at once."""
        from hyperopt.space.vectorize import VectorizeHelper

        return VectorizeHelper(self.expr, self.s_new_ids)

    @cached_property
    def s_idxs_vals(self) -> Any:
        """An expression that draws ``(idxs, vals)`` of `s_new_ids` with `s_rng`."""
        from hyperopt.pyll import scope
        from hyperopt.pyll.stochastic import recursive_set_rng_kwarg

        columns = scope.pos_args(self.vh.idxs_by_label(), self.vh.vals_by_label())
        return recursive_set_rng_kwarg(columns, self.s_rng)

    def __getstate__(self) -> dict[str, Any]:
        return {key: value for key, value in self.__dict__.items() if key not in _TRANSIENT}

    def memo_from_config(self, config: Mapping[str, Any]) -> dict[Any, Any]:
        """The value of every parameter node; `GarbageCollected` for labels that `config` lacks."""
        return {
            node: config.get(label, GarbageCollected)
            for node in dfs(self.expr)
            if (label := label_of(node)) is not None
        }

    def evaluate(
        self, config: Mapping[str, Any], ctrl: Any, attach_attachments: bool = True
    ) -> dict[str, Any]:
        """Call the objective at one point and normalise what it returns.

        Parameters
        ----------
        config
            The active parameters: ``{label: value}``.
        ctrl
            Receives the attachments.
        attach_attachments
            Whether to move the result's ``attachments`` to `ctrl`; otherwise they stay.
        """
        if self._is_plain():
            value = self._returned([], self.fn, self.space.evaluate(config), ctrl)
        else:
            value = self._returned([], partial(self._call, ctrl), config, ctrl)
        return self.evaluate_async2(value, ctrl, attach_attachments)

    def evaluate_into(
        self, returned: list[Any], vals: Mapping[str, Sequence[Any]], ctrl: Any
    ) -> dict[str, Any]:
        """`evaluate` at what a document holds of a point, its ``misc["vals"]``.

        What the objective returned is left in `returned`, for the case that an interrupt comes
        after that.
        """
        if type(self).evaluate is not Domain.evaluate:
            return self.evaluate(active_values(vals), ctrl)
        if self._is_plain():
            value = self._returned(returned, self.fn, self.space.evaluate_vals(vals), ctrl)
        else:
            value = self._returned(returned, partial(self._call, ctrl), active_values(vals), ctrl)
        return self.evaluate_async2(value, ctrl)

    def _returned(
        self, returned: list[Any], function: Callable[[Any], Any] | None, point: Any, ctrl: Any
    ) -> Any:
        """Put ``function(point)``, or the result of a trial that stopped, into `returned`."""
        reporter = getattr(ctrl, "reporter", None)
        if reporter is None:
            returned.append(function(point))  # type: ignore[misc]
            return returned[0]
        token = running.set(reporter)
        try:
            # No line comes between the return of the objective and that its value is kept.
            returned.append(function(point))  # type: ignore[misc]
        except TrialPruned:
            returned.append(reporter.pruned())
        finally:
            running.reset(token)
            reporter.ended = True
        return returned[0]

    def _call(self, ctrl: Any, config: Mapping[str, Any]) -> Any:
        """Call an objective, or evaluate a space, that is in any way out of the ordinary."""
        if self.pass_expr_memo_ctrl:
            return self.evaluate_async(config, ctrl)[1]
        fn, point = self.evaluate_async(config, ctrl)
        return fn(point)

    def evaluate_async(
        self, config: Mapping[str, Any], ctrl: Any, attach_attachments: bool = True
    ) -> tuple[Any, Any]:
        """The first half of `evaluate`: the function, and the point to call it with.

        With `pass_expr_memo_ctrl` the function has been called already, and its value is given.
        """
        memo = self.memo_from_config(config)
        for node in dfs(self.expr):
            if isinstance(node, Literal) and node.obj is Ctrl:
                memo[node] = ctrl
        if self.pass_expr_memo_ctrl:
            return self.fn, self.fn(expr=self.expr, memo=memo, ctrl=ctrl)  # type: ignore[misc]
        point = rec_eval(
            self.expr, memo=memo, print_node_on_error=self.rec_eval_print_node_on_error
        )
        return self.fn, point

    def evaluate_async2(
        self, rval: Any, ctrl: Any, attach_attachments: bool = True
    ) -> dict[str, Any]:
        """The second half of `evaluate`: normalise the objective's value."""
        result = normalise_result(rval)
        reporter = getattr(ctrl, "reporter", None)
        if reporter is not None and reporter.has_reported:
            result = reporter.complete(result)
        if attach_attachments and "attachments" in result:
            attachments = result.pop("attachments")
            if attachments:
                if ctrl is None:
                    raise ValueError("evaluate: the result has attachments; give a ctrl for them")
                store = ctrl.attachments
                for key, value in attachments.items():
                    store[key] = value
        return result

    def _is_plain(self) -> bool:
        """Whether a point can be evaluated by the compiled space."""
        return not (
            self.pass_expr_memo_ctrl
            or self._wants_ctrl
            or self.rec_eval_print_node_on_error
            or type(self).memo_from_config is not Domain.memo_from_config
        )

    def short_str(self) -> str:
        """A name for log messages."""
        return f"Domain{{{self.fn}}}"

    def loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss of a result, or None."""
        return result.get("loss")

    def loss_variance(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The variance of the loss, as the objective reported it; 0 otherwise."""
        return result.get("loss_variance", 0.0)

    def true_loss(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The loss that matters in the end, if the objective reported one besides the loss."""
        if "true_loss" in result:
            return result["true_loss"]
        return self.loss(result, config=config)

    def true_loss_variance(self, config: Any = None) -> Any:
        """The variance of the true loss; for subclasses that know it."""
        raise NotImplementedError("true_loss_variance: a subclass of Domain has to define it")

    def status(self, result: Mapping[str, Any], config: Any = None) -> Any:
        """The status of a result."""
        return result["status"]

    def new_result(self) -> dict[str, Any]:
        """The result of a trial that has not run."""
        return {"status": STATUS_NEW}
