"""The parameters of a study, as the page's axes need them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hyperopt.space.option_names import option_names
from hyperopt.visualization.report.columns import number

if TYPE_CHECKING:
    from hyperopt.space.compiler import CompiledSpace, Parameter


def parameters_of(space: CompiledSpace, *, guessed: bool = False) -> list[dict[str, Any]]:
    """A dict for each parameter: its ``label``, ``kind``, range, options by name, and condition.

    ``kind`` is ``option``, ``integer`` or ``number``; ``log`` tells whether its scale is
    logarithmic. ``low`` and ``high`` are None where the prior has no bounds. ``prior`` is its call
    in words.
    """
    names = {label: option_names(options) for label, options in space.options.items()}
    return [
        _described(parameter, names, "from the values" if guessed else None)
        for parameter in space.parameters
    ]


def _described(
    parameter: Parameter, names: dict[str, list[str]], prior: str | None
) -> dict[str, Any]:
    label, options = parameter.label, names.get(parameter.label)
    low, high = _range(parameter)
    if options is None and parameter.family == "categorical":
        options = [str(i) for i in range(len(parameter.args))]
    integer = parameter.is_whole or (parameter.step or 0.5).is_integer()
    return {
        "label": label,
        "kind": "option" if options else "integer" if integer else "number",
        "log": parameter.is_log,
        "low": number(low),
        "high": number(high),
        "options": options,
        "when": _condition(parameter, names),
        "prior": prior or _call(parameter, options),
    }


def _range(parameter: Parameter) -> tuple[float | None, float | None]:
    if not parameter.is_bounded:
        return None, None
    low, high = parameter.bounds
    q = parameter.step
    return (low, high) if q is None else (round(low / q) * q, round(high / q) * q)


def _call(parameter: Parameter, options: list[str] | None) -> str:
    family, args = parameter.family, parameter.args
    if family == "categorical":
        given = ", ".join(f"{p:.4g}" for p in args)
        return f"pchoice({given})"
    if options:
        return f"choice of {len(options)}"
    given = ", ".join(f"{arg:.6g}" if isinstance(arg, float) else str(arg) for arg in args)
    return f"{family}({given})"


def _condition(parameter: Parameter, names: dict[str, list[str]]) -> str:
    """When it is active, in words; empty for always."""
    if parameter.conditions is None:
        return "decided by an expression"
    if () in parameter.conditions:
        return ""

    def term(label: str, value: Any) -> str:
        options = names.get(label, [])
        shown = options[value] if 0 <= value < len(options) else str(value)
        return f"{label} = {shown}"

    alternatives = (
        " and ".join(term(label, value) for label, value in conjunction)
        for conjunction in parameter.conditions
    )
    return " or ".join(alternatives)
