"""The native core: converts, calls Rust, converts back."""

from collections.abc import Mapping, Sequence
from typing import Any, final

import numpy as np
import numpy.typing as npt

__all__ = [
    "Annealer",
    "History",
    "NumberDict",
    "Space",
    "adaptive_parzen",
    "elastic_parzen",
    "finished_losses",
    "forgetting_weights",
    "gp_predict",
    "importance",
    "log_expected_improvement",
    "log_sum_exp_rows",
    "lognormal_cell_log_density",
    "lognormal_log_density",
    "mixture_log_density",
    "mixture_sample",
    "normal_cdf",
    "prior_fault",
    "read_stored",
    "suggest_gp",
    "suggest_joint",
    "write_stored",
]

_Floats = npt.NDArray[np.float64]
_Columns = dict[str, list[Any]]
_Condition = Sequence[tuple[str, int]]
_Frame = tuple[bool, float | None, float | None, float | None]

@final
class Space:
    def __new__(
        cls,
        parameters: Sequence[tuple[str, str, Sequence[float], Sequence[_Condition] | None]],
    ) -> Space: ...
    def __len__(self) -> int: ...
    @property
    def labels(self) -> list[str]: ...
    def suggest_random(self, tids: Sequence[int], seed: int) -> list[tuple[_Columns, _Columns]]: ...

@final
class History:
    def __new__(cls, space: Space) -> History: ...
    def __len__(self) -> int: ...
    def upsert(self, key: int, loss: float, vals: Mapping[str, Any]) -> None: ...
    def read(self, key: int, document: Mapping[str, Any], fresh: bool = False) -> None: ...
    def read_all(
        self, documents: list[dict[str, Any]], known: dict[int, Any], start: int
    ) -> int: ...
    def agrees(self, documents: list[dict[str, Any]], known: dict[int, Any]) -> bool: ...
    def remove(self, key: int) -> None: ...
    def propose(self, key: int, vals: Mapping[str, Any]) -> None: ...
    def settle_provisional(self) -> None: ...
    def rows(self) -> tuple[list[int], list[float]]: ...
    def good_keys(self, gamma: float) -> list[int]: ...
    def groups(self, label: str, gamma: float) -> tuple[_Floats, _Floats]: ...
    def ratios(self, label: str, values: _Floats, gamma: float, prior_weight: float) -> _Floats: ...
    def suggest_tpe(
        self,
        tids: Sequence[int],
        seed: int,
        *,
        prior_weight: float,
        n_startup_jobs: int,
        n_candidates: int,
        gamma: float,
        first: int = 0,
    ) -> list[tuple[_Columns, _Columns]]: ...

@final
class NumberDict:
    def __new__(cls, numbers: Sequence[tuple[str, str, bool]]) -> NumberDict: ...
    def of_vals(self, vals: Mapping[str, Any]) -> dict[str, int | float]: ...

@final
class Annealer:
    def __new__(cls, space: Space) -> Annealer: ...
    def read(self, key: int, document: Mapping[str, Any]) -> None: ...
    def upsert(self, key: int, loss: float, vals: Mapping[str, Any]) -> None: ...
    def remove(self, key: int) -> None: ...
    def propose(self, key: int, vals: Mapping[str, Any]) -> None: ...
    def settle_provisional(self) -> None: ...
    def suggest(
        self,
        tids: Sequence[int],
        seed: int,
        *,
        avg_best_idx: float,
        shrink_coef: float,
        first: int = 0,
    ) -> list[tuple[_Columns, _Columns]]: ...
    def count(self, label: str) -> int: ...
    def anchor(self, label: str, anchors: Sequence[int]) -> int | None: ...
    def ranked(self, label: str, rank: int) -> int | None: ...
    def observation(self, label: str, key: int) -> tuple[float, float]: ...
    def step(self, label: str, anchor: int, shrink_coef: float) -> tuple[str, float, float]: ...

def forgetting_weights(n: int, horizon: int) -> _Floats: ...
def adaptive_parzen(
    observations: _Floats,
    prior_weight: float,
    prior_centre: float,
    prior_scale: float,
    horizon: int,
) -> tuple[_Floats, _Floats, _Floats]: ...
def elastic_parzen(
    observations: _Floats, prior_weight: float, prior_centre: float, prior_scale: float
) -> tuple[_Floats, _Floats, _Floats]: ...
def mixture_log_density(
    xs: _Floats, components: tuple[_Floats, _Floats, _Floats], frame: _Frame
) -> _Floats: ...
def mixture_sample(
    components: tuple[_Floats, _Floats, _Floats], frame: _Frame, count: int, seed: int
) -> _Floats: ...
def prior_fault(family: str, arguments: Sequence[float]) -> tuple[str, str, str] | None: ...
def normal_cdf(x: _Floats, mu: _Floats, sigma: _Floats) -> _Floats: ...
def lognormal_log_density(x: _Floats, mu: _Floats, sigma: _Floats) -> _Floats: ...
def lognormal_cell_log_density(x: _Floats, mu: _Floats, sigma: _Floats, q: float) -> _Floats: ...
def log_sum_exp_rows(rows: _Floats) -> _Floats: ...
def suggest_joint(
    history: History,
    tids: Sequence[int],
    seed: int,
    *,
    unordered: Sequence[bool],
    n_startup_jobs: int,
    n_candidates: int,
    gamma: float,
    max_good: int,
    max_rest: int,
    prior_weight: float,
    linear_forgetting: int,
    min_bandwidth: float,
    good_exponent: float,
    discrete_exponent: float,
    rest_exponent: float,
    option_weight: float,
    epsilon: float,
    evolve_after: int,
    evolve_share: float,
    evolve_step: float,
    first: int = 0,
) -> list[tuple[_Columns, _Columns]]: ...
def importance(
    space: Space,
    documents: list[dict[str, Any]],
    *,
    losses: Sequence[float] | None,
    failed: bool,
    unordered: Sequence[bool],
    target: float,
    region: float,
    prior_baseline: bool,
    level: float | None,
    n_resamples: int,
    seed: int,
) -> tuple[list[float], list[float], list[tuple[float, float]] | None, int, int]: ...
def finished_losses(documents: list[dict[str, Any]], failed: bool) -> tuple[list[float], int]: ...
def suggest_gp(
    history: History,
    tids: Sequence[int],
    seed: int,
    *,
    unordered: Sequence[bool],
    options: Mapping[str, Any],
    first: int = 0,
) -> list[tuple[_Columns, _Columns]]: ...
def gp_predict(
    points: Sequence[Sequence[float]],
    losses: Sequence[float],
    at: Sequence[Sequence[float]],
    *,
    unordered: Sequence[bool],
    lengths: Sequence[float],
    scale: float,
    noise: float,
    mean_variance: float,
) -> tuple[list[float], list[float]]: ...
def log_expected_improvement(mean: float, variance: float, best: float) -> float: ...
def read_stored(
    texts: Sequence[str], tids: Sequence[int]
) -> list[tuple[_Columns, _Columns, dict[str, Any]] | None]: ...
def write_stored(idxs: object, vals: object, tid: object, result: object) -> str | None: ...
