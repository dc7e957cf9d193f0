"""Random nodes, and drawing values of whole expressions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from hyperopt import hp
from hyperopt.pyll import as_apply, dfs, rec_eval, scope
from hyperopt.pyll.stochastic import (
    ERR,
    categorical,
    choice,
    implicit_stochastic_symbols,
    one_of,
    randint,
    randint_via_categorical,
    recursive_set_rng_kwarg,
    sample,
)

# The seeds are fixed. Each Kolmogorov-Smirnov or chi-square test below has alpha = 1e-3.
ALPHA = 1e-3
N = 4000

GENERATORS = [np.random.default_rng, np.random.RandomState]


@pytest.mark.parametrize("make_rng", GENERATORS)
@pytest.mark.parametrize(
    ("expression", "cdf"),
    [
        (scope.uniform(-2, 3), stats.uniform(-2, 5).cdf),
        (scope.loguniform(-2, 3), stats.loguniform(np.exp(-2), np.exp(3)).cdf),
        (scope.normal(1, 2), stats.norm(1, 2).cdf),
        (scope.lognormal(1, 2), stats.lognorm(2, scale=np.e).cdf),
    ],
    ids=["uniform", "loguniform", "normal", "lognormal"],
)
def test_continuous_draws_follow_their_distribution(
    expression: Any, cdf: Any, make_rng: Any
) -> None:
    expression.set_kwarg("size", N)
    assert stats.kstest(sample(expression, make_rng(1)), cdf).pvalue > ALPHA


@pytest.mark.parametrize("make_rng", GENERATORS)
@pytest.mark.parametrize("name", ["quniform", "qloguniform", "qnormal", "qlognormal"])
def test_quantised_draws_are_rounded_draws_without_negative_zeros(name: str, make_rng: Any) -> None:
    plain = sample(getattr(scope, name[1:])(-1, 2, size=N), make_rng(2))
    rounded = sample(getattr(scope, name)(-1, 2, 0.8, size=N), make_rng(2))
    np.testing.assert_array_equal(rounded, np.round(plain / 0.8) * 0.8)
    assert not np.signbit(rounded[rounded == 0]).any()
    assert (rounded == 0).any()


@pytest.mark.parametrize("make_rng", GENERATORS)
@pytest.mark.parametrize(("args", "support"), [((4,), range(4)), ((-2, 3), range(-2, 3))])
def test_randint_is_uniform_over_its_range(args: Any, support: range, make_rng: Any) -> None:
    draws = sample(scope.randint(*args, size=N), make_rng(3))
    assert draws.dtype == np.int64
    counts = [np.count_nonzero(draws == value) for value in support]
    assert sum(counts) == N
    assert stats.chisquare(counts).pvalue > ALPHA


@pytest.mark.parametrize("make_rng", GENERATORS)
def test_categorical_follows_its_probabilities(make_rng: Any) -> None:
    p = [0.2, 0.0, 0.5, 0.3]
    draws = categorical(p, rng=make_rng(4), size=N)
    counts = np.bincount(draws, minlength=4)
    assert counts[1] == 0
    assert stats.chisquare(counts[[0, 2, 3]], N * np.array([0.2, 0.5, 0.3])).pvalue > ALPHA
    np.testing.assert_array_equal(draws, randint_via_categorical(p, rng=make_rng(4), size=N))


def test_the_last_option_has_what_the_others_leave() -> None:
    draws = categorical([0.25, 0.1], rng=np.random.default_rng(5), size=N)
    assert stats.binomtest(int(draws.sum()), N, 0.75).pvalue > ALPHA


@pytest.mark.parametrize("p", [[], [-0.1, 1.1], [0.7, 0.7, 0.1], [np.nan, 1.0]])
def test_bad_probabilities_are_refused(p: list[float]) -> None:
    with pytest.raises(ValueError, match="sum to 1"):
        categorical(p, rng=np.random.default_rng(0))


def test_single_draws_are_scalars() -> None:
    rng = np.random.default_rng(6)
    assert isinstance(categorical([0.5, 0.5], rng=rng), np.int64)
    assert np.ndim(randint(5, rng=rng)) == 0
    assert isinstance(sample(hp.uniform("x", 0, 1), rng), float)
    assert type(sample(hp.randint("n", 5), rng)) is int


def test_a_random_node_without_a_generator_says_so() -> None:
    with pytest.raises(TypeError, match="sample"):
        rec_eval(scope.uniform(0, 1))


def test_the_same_seed_draws_the_same() -> None:
    space = {"x": hp.normal("x", 0, 1), "c": hp.choice("c", [hp.uniform("u", 0, 1), 7])}
    first = [sample(space, np.random.default_rng(seed)) for seed in range(20)]
    assert first == [sample(space, seed) for seed in range(20)]
    assert first != [sample(space, seed) for seed in range(20, 40)]
    assert sample(space) != sample(space)


def test_a_node_used_twice_is_drawn_once() -> None:
    x = hp.uniform("x", 0, 1)
    a, b = sample([x, x + 1], 0)
    assert b == a + 1


def test_sample_leaves_the_expression_alone_and_honours_a_memo() -> None:
    space = as_apply([hp.uniform("x", 0, 1), hp.uniform("y", 0, 1)])
    before = str(space)
    x, _ = sample(space, 0, memo={space.pos_args[0].pos_args[0]: 0.125})
    assert x == 0.125
    assert str(space) == before


def test_generators_reach_every_random_node() -> None:
    rng = np.random.default_rng(0)
    expression = recursive_set_rng_kwarg([scope.uniform(0, 1), hp.choice("c", [1, 2])], rng)
    random = [node for node in dfs(expression) if node.name in implicit_stochastic_symbols]
    assert len(random) == 2
    assert all(node.arg["rng"].obj is rng for node in random)
    assert rec_eval(recursive_set_rng_kwarg(scope.randint(1))) == 0


def test_unlabelled_choices_take_one_option() -> None:
    rng = np.random.default_rng(7)
    assert {sample(choice(["a", "b"]), rng) for _ in range(50)} == {"a", "b"}
    assert sample(one_of("only"), rng) == "only"


def test_err_prints_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    ERR("message")
    assert capsys.readouterr().err == "message\n"


def test_rng_from_seed_is_a_generator() -> None:
    assert sample(scope.call_method(scope.rng_from_seed(3), "random")) == (
        np.random.default_rng(3).random()
    )
