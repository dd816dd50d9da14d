"""Image mode in many random worlds: it passes only where every image truly has a clean and fresh result of its own.

`python -m tools.worlds` runs very many more of them.
"""

from __future__ import annotations

from collections import Counter

from tests.images.truth import judged, violations

WORLDS = 1_000


def test_no_run_in_a_random_world_has_a_verdict_without_truth() -> None:
    codes: Counter[int] = Counter()
    for number in range(WORLDS):
        run = judged(f"world:{number}")
        codes[run.code] += 1
        assert (number, violations(run)) == (number, [])

    assert min(codes[code] for code in (0, 1, 5, 7)) > WORLDS / 100, codes
