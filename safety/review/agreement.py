"""How far people agree beyond chance: Krippendorff's alpha for names without an order.

Krippendorff, Content Analysis (2018), chapter 12: any number of people, not all of whom have spoken on everything.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence


def krippendorff_alpha(units: Iterable[Sequence[str]]) -> float | None:
    """Returns the agreement on things, each given as what people called it: 1 is full, 0 as good as chance.

    What only one person spoke on counts for nothing. None where nothing was spoken on twice, or all is of one name.
    """
    shared = [Counter(unit) for unit in units if len(unit) > 1]
    names: Counter[str] = sum(shared, Counter())
    total = names.total()
    if len(names) < 2:
        return None
    observed = (
        sum(count * (unit.total() - count) / (unit.total() - 1) for unit in shared for count in unit.values()) / total
    )
    expected = sum(count * (total - count) for count in names.values()) / (total * (total - 1))
    return 1 - observed / expected
