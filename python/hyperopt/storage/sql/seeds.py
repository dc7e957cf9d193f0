"""The seed of a call of the algorithm, from the study's seed and the first id that it is for.

So a study does not depend on how often its process was killed, and anybody can compute a
suggestion again.
"""

from __future__ import annotations

import hashlib

__all__ = ["call_seed"]


def call_seed(study_seed: int, first_tid: int) -> int:
    """A seed from 0 to 2**31 - 2, which is what algorithms are given everywhere."""
    digest = hashlib.sha256(f"hyperopt:{study_seed}:{first_tid}".encode()).digest()
    return int.from_bytes(digest[:8], "little") % (2**31 - 1)
