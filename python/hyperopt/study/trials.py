"""`Trials`: what has been tried, and the ways to try more of it."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, overload

from hyperopt.environment.public_path import public
from hyperopt.search.options import MoreOptions, Options, shows_options
from hyperopt.storage.documents import Document
from hyperopt.storage.store import usual_store
from hyperopt.study.findings import Findings

if TYPE_CHECKING:
    from typing_extensions import Self, Unpack

    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.space.description import Description
    from hyperopt.study.ask_and_tell import Study

__all__ = ["Trials", "trials_from_docs"]


@public("hyperopt.base")
@usual_store
class Trials(Findings):
    """A database of trials, in memory.

    Documents live in one list, which all views of it share (see `view`). Each shows those of its
    own experiment that are neither in error nor cancelled; what was inserted, or changed by others,
    shows after the next `refresh`.

    Parameters
    ----------
    exp_key
        The experiment: documents with another ``exp_key`` are not shown. None shows all.
    refresh
        Whether to `refresh` at once.
    """

    _space_description: Description | None = None
    _run_facts: Mapping[str, Any] = MappingProxyType({})

    def __getstate__(self) -> dict[str, Any]:
        description = self.space_description
        state = super().__getstate__()
        if description is not None:
            state["_space_description"] = description
        if state.pop("_space", None) is not None:
            # As bytes: upstream can load the rest. A space of local functions is left out.
            state.pop("_space_pickle", None)
            with suppress(Exception):
                state["_space_pickle"] = pickle.dumps(self._space)
        return state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        super().__setstate__(state)
        if "_space_pickle" in self.__dict__:
            with suppress(Exception):  # It stays as it is, for where it can be loaded.
                self._space = pickle.loads(self.__dict__["_space_pickle"])
                del self.__dict__["_space_pickle"]

    def remember_space(self, space: CompiledSpace) -> None:
        """Keep the space that the trials are of, for `best_params` and `to_dataframe`."""
        self._space = space
        self._space_description = None

    @property
    def space_description(self) -> Description | None:
        """What the space of the trials is, in plain data; None if they do not know it.

        It is pickled with the trials, even where the space itself can't be.
        """
        if self._space_description is None and self._space is not None:
            from hyperopt.space.description import describe

            self._space_description = describe(self._space)
        return self._space_description

    def remember_run(self, facts: Mapping[str, Any]) -> None:
        """Keep what is known of the run that adds to the trials, for `report`."""
        self._run_facts = dict(facts)

    def view(self, exp_key: Any = None, refresh: bool = True) -> Self:
        """Another look at the same documents, through another experiment key."""
        rval = super().view(exp_key, refresh)
        rval._space = self._space
        rval._space_description = self._space_description
        rval._run_facts = self._run_facts
        return rval

    def add_observation(
        self,
        params: Mapping[str, Any],
        loss: Any = None,
        *,
        result: Mapping[str, Any] | None = None,
        space: Any = None,
    ) -> Any:
        """Add a result that is known already, as a finished trial; return its id.

        Parameters
        ----------
        params
            ``{label: value}`` of the active parameters, or a point as `best_params` returns it. A
            choice is given by its option, or else by the option's number; an integer that is an
            option is that option. Unless the space is known, only numbers are accepted.
        loss, result
            The loss, or a result dict: what an objective would return.
        space
            The search space, if the trials do not know it yet.
        """
        from hyperopt.study.known_results import add_observation

        if (loss is None) == (result is None):
            raise ValueError(
                f"add_observation(loss={loss!r}, result={result!r}): give exactly one of them"
            )
        return add_observation(self, params, loss if result is None else result, space)

    @overload
    def study(
        self,
        space: dict[str, Any],
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> Study[dict[str, Any]]: ...

    @overload
    def study(
        self,
        space: Any,
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> Study: ...

    def study(
        self,
        space: Any,
        algo: Callable[..., Any] | None = None,
        rstate: Any = None,
        *,
        avoid_duplicates: bool = False,
        condition: Callable[[Any], Any] | None = None,
    ) -> Study:
        """Ask for points of `space` and tell what became of them, in a loop of your own.

        What these trials hold is the history, and what is asked and told is added to them.

        Parameters
        ----------
        space
            The search space.
        algo
            The suggestion algorithm; `auto.suggest` when None.
        rstate
            Gives the seed of each call of `algo`; see `hyperopt.fmin`.
        avoid_duplicates
            Whether to never suggest a point twice.
        condition
            Gets a point, and returns whether it is allowed; one that is not is never suggested.

        Examples
        --------
        >>> from hyperopt import Trials, hp, rand
        >>> trials = Trials()
        >>> study = trials.study({"x": hp.uniform("x", 0, 1)}, algo=rand.suggest, rstate=0)
        >>> first, second = study.ask(2)
        >>> study.tell(first, loss=0.5)
        >>> study.tell(second.tid, failure="the power went off")
        >>> trials.losses()
        [0.5]
        """
        from hyperopt.study.ask_and_tell import Study

        return Study(
            space, self, algo, rstate, avoid_duplicates=avoid_duplicates, condition=condition
        )

    @shows_options
    def fmin(
        self,
        fn: Callable[..., Any],
        space: Any,
        algo: Any = None,
        max_evals: int | None = None,
        timeout: float | None = None,
        loss_threshold: float | None = None,
        max_queue_len: int = 1,
        rstate: Any = None,
        verbose: bool = False,
        pass_expr_memo_ctrl: bool | None = None,
        catch_eval_exceptions: bool = False,
        return_argmin: bool = True,
        show_progressbar: Any = True,
        early_stop_fn: Any = None,
        trials_save_file: Any = "",
        *,
        points_to_evaluate: Any = None,
        **options: Unpack[MoreOptions],
    ) -> Any:
        """`hyperopt.fmin` with these trials; see there for the arguments."""
        given = Options.given("fmin", locals())
        from hyperopt.study.minimise import Question, minimise  # so `import hyperopt` stays quick

        question = Question.asked(fn, space, algo, rstate, pass_expr_memo_ctrl)
        return minimise(question, self, given)


@public("hyperopt.base")
def trials_from_docs(docs: Iterable[Document], validate: bool = True, **kwargs: Any) -> Trials:
    """A Trials that holds `docs`; further arguments are those of `Trials`."""
    rval = Trials(**kwargs)
    if validate:
        rval.insert_trial_docs(docs)
    else:
        rval._insert_trial_docs(docs)
    rval.refresh()
    return rval
