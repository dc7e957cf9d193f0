"""What has to happen happens, whatever interrupts it."""

from __future__ import annotations

import pytest

from hyperopt.environment.interrupts import surely


@pytest.mark.parametrize(
    ("error", "n_calls"), [(KeyboardInterrupt, 2), (SystemExit, 2), (ValueError, 1)]
)
def test_an_action_is_done_again_if_it_was_interrupted_and_not_if_it_failed(
    error: type[BaseException], n_calls: int
) -> None:
    calls = []

    def action() -> None:
        calls.append(None)
        if len(calls) == 1:
            raise error

    with pytest.raises(error):
        surely(action)
    assert len(calls) == n_calls
