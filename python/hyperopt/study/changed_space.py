"""A study that goes on with another space: what its trials mean there.

Documents hold a choice by the number of its option. When options are added, removed or moved, the
numbers of older trials are rewritten for the new space; a trial that has no place in it is
cancelled, with the reason, so that neither the best trial nor an algorithm knows of it.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hyperopt.exceptions import ChangedSpace, MissingLabel, SpaceWarning
from hyperopt.space.activation import ALWAYS
from hyperopt.space.description import Description, describe
from hyperopt.space.parameter import Parameter
from hyperopt.storage import lifecycle
from hyperopt.storage.documents import (
    JOB_STATE_DONE,
    JOB_VALID_STATES,
    Document,
    active_values,
    of_experiment,
)

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace
    from hyperopt.study.trials import Trials

__all__ = ["adopt_space"]

_BOUNDS = "is outside of its new bounds"


@dataclass
class _Plan:
    """What is to be done with the documents, once it is known that it can be done."""

    renumbered: list[tuple[Document, dict[str, Any]]] = field(default_factory=list)
    unfit: list[tuple[Document, str]] = field(default_factory=list)
    n_fit: int = 0


def adopt_space(trials: Trials, space: CompiledSpace, stacklevel: int = 2) -> None:
    """Have the trials be of this space from now on.

    Raises
    ------
    ChangedSpace
        What a label means has changed in a way that can't be followed, or no finished trial has a
        place in the space. Nothing has been changed then.
    """
    if trials._space is not space:
        docs = of_experiment(trials._dynamic_trials, trials._exp_key)
        docs = [doc for doc in docs if doc["state"] in JOB_VALID_STATES]
        if docs:
            new, old = describe(space), trials.space_description
            if old != new:
                plan = _planned(docs, space, (old, new), _remedy(trials))
                if trials._mirror is not None:
                    _refuse_changes(plan, old, new)
                _warn(plan, old, new, stacklevel + 1)
                _apply(plan, trials)
    trials.remember_space(space)


def _remedy(trials: Trials) -> str:
    if trials._mirror is not None:
        return "Give the study another name"
    return "Give new Trials() (and another trials_save_file)"


def _planned(
    docs: list[Document],
    space: CompiledSpace,
    descriptions: tuple[Description | None, Description],
    remedy: str,
) -> _Plan:
    old, new = descriptions
    moves = {} if old is None else _moves(old, new)
    plan = _Plan()
    for doc in docs:
        vals = doc["misc"].get("vals")
        if not isinstance(vals, Mapping) or "from_tid" in doc["misc"]:
            continue  # a by-product, which has no point of its own
        given = active_values(vals)
        changed: dict[str, Any] = {}
        reason = _misfit(given, changed, moves, old, new)
        reason = reason or _unevaluable({**given, **changed}, space)
        if reason is not None:
            plan.unfit.append((doc, reason))
            continue
        plan.n_fit += doc["state"] == JOB_STATE_DONE
        if changed:
            plan.renumbered.append((doc, changed))
    lost = [reason for doc, reason in plan.unfit if doc["state"] == JOB_STATE_DONE]
    if lost and not plan.n_fit and not all(_BOUNDS in reason for reason in lost):
        raise ChangedSpace(
            f"none of the {len(lost)} finished trials is of this space: {_most(lost)}. {remedy}, "
            "or the space that they were made with"
        )
    return plan


def _moves(old: Description, new: Description) -> dict[str, list[int | None] | str]:
    """For each choice that has changed the new number of each option, or why it is not known."""
    moves: dict[str, list[int | None] | str] = {}
    for label in old.keys() & new.keys():
        was, now = old[label].get("options"), new[label].get("options")
        if was == now:
            continue
        if was is None or now is None:
            kinds = (_call(label, old[label]), _call(label, new[label]))
            moves[label] = f"it was {kinds[0]} and is {kinds[1]}"
            continue
        twice = [text for text in was if was.count(text) > 1 or now.count(text) > 1]
        if twice:
            moves[label] = (
                f"its options were {_list(was)} and are {_list(now)}, and {twice[0]} is there more "
                "than once"
            )
        else:
            moves[label] = [now.index(text) if text in now else None for text in was]
    return moves


def _misfit(
    given: dict[str, Any],
    changed: dict[str, Any],
    moves: dict[str, list[int | None] | str],
    old: Description | None,
    new: Description,
) -> str | None:
    """Why a trial has no place in the new space, if so; what of it changes goes to `changed`."""
    for label, value in given.items():
        if label not in new:
            return f"the space has no parameter {label!r}"
        move = moves.get(label)
        if isinstance(move, str):
            raise ChangedSpace(
                f"the parameter {label!r} means something else than in the trials: {move}. Give it "
                "another label, or give new Trials()"
            )
        if move is not None:
            assert old is not None  # or nothing could have moved
            if not 0 <= value < len(move):
                return f"{label!r} has no option of number {value}"
            number = move[int(value)]
            if number is None:
                return f"{label!r} has no option {old[label]['options'][int(value)]} any more"
            if number != value:
                changed[label] = type(value)(number)
        elif old is not None and old.get(label) != new[label] and not _is_inside(value, new[label]):
            return f"a value of {label!r} {_BOUNDS}"
    return None


def _unevaluable(assignment: dict[str, Any], space: CompiledSpace) -> str | None:
    try:
        missing = sorted(space.active(assignment) - assignment.keys())
    except MissingLabel as error:
        return str(error)
    except (TypeError, ValueError, IndexError) as error:
        return f"it can't be evaluated ({error})"
    return f"there is no value for the parameter {missing[0]!r}" if missing else None


def _is_inside(value: Any, described: dict[str, Any]) -> bool:
    parameter = Parameter("", described["family"], tuple(described["args"]), ALWAYS)
    if not parameter.is_bounded:
        return True
    low, high = parameter.bounds
    slack = parameter.step or (0.0 if parameter.is_whole else 1e-9 * max(abs(low), abs(high)))
    return bool(low - slack <= value <= high + slack)


def _warn(plan: _Plan, old: Description | None, new: Description, stacklevel: int) -> None:
    words = []
    for label in sorted(new.keys() & (old or {}).keys()):
        before, after = (old or {})[label], new[label]
        if "options" not in before and "options" not in after and before != after:
            words.append(
                f"the parameter {label!r} was {_call(label, before)} and is {_call(label, after)}"
            )
    if plan.unfit:
        reasons = [reason for _, reason in plan.unfit]
        words.append(
            f"{len(reasons)} trials of the study are not of this space and are left out (state "
            f"cancelled): {_most(reasons)}"
        )
    if words:
        warnings.warn("; ".join(words), SpaceWarning, stacklevel=stacklevel + 1)


def _apply(plan: _Plan, trials: Trials) -> None:
    if not plan.unfit and not plan.renumbered:
        return
    for doc, changed in plan.renumbered:
        doc["misc"]["vals"].update({label: [number] for label, number in changed.items()})
    for doc, reason in plan.unfit:
        lifecycle.cancel(doc, f"not of the space that the study went on with: {reason}")
    trials.reread()


def _refuse_changes(plan: _Plan, old: Description | None, new: Description) -> None:
    """The documents of a shared study stay as they are, since others may be reading them."""
    if not plan.renumbered and not plan.unfit:
        return
    if plan.renumbered:
        assert old is not None
        label = min(label for _, changed in plan.renumbered for label in changed)
        was, now = _list(old[label]["options"]), _list(new[label]["options"])
        what = f"the options of {label!r} were {was} and are {now}, and trials hold their numbers"
    else:
        reasons = [reason for _, reason in plan.unfit]
        what = f"{len(reasons)} trials are not of this space: {_most(reasons)}"
    raise ChangedSpace(
        f"{what}. The trials of a study in a database stay as they are, since other processes read "
        "them: put new options behind the old ones, or give the study another name"
    )


def _most(reasons: list[str]) -> str:
    ((reason, count), *others) = Counter(reasons).most_common()
    return reason if not others else f"{reason} ({count} of them), for example"


def _call(label: str, described: dict[str, Any]) -> str:
    if "options" in described:
        return f"hp.choice({label!r}, {_list(described['options'])})"
    numbers = ", ".join(f"{value:g}" for value in described["args"])
    return f"{described['family']}({numbers})"


def _list(texts: list[str]) -> str:
    return f"[{', '.join(texts)}]"
