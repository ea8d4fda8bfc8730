"""Arms that prove the trial itself: one that must show nothing, one that must show harm."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import TypeVar

from longshelf.trials.said import Said
from longshelf.trials.sequential import Interval

__all__ = ["CONTROLS", "NO_OP", "SHUFFLE", "arranged", "control_sentence"]

NO_OP, SHUFFLE = "no-op", "shuffle"
CONTROLS = (NO_OP, SHUFFLE)
"""Arms of these names are no products: the service gives them the plain arm's list, or that list shuffled."""

Item = TypeVar("Item")


def arranged(arm: str, items: Sequence[Item], request: str) -> list[Item]:
    """The plain arm's list as a control arm shows it.

    Parameters
    ----------
    arm : str
        ``no-op`` and any other arm leave the list alone; ``shuffle`` puts it in an order that
        depends on the request alone, so that it can be given again.
    items : sequence
        The list, best first.
    request : str
        The id of the answer.

    Examples
    --------
    >>> arranged("no-op", ["a", "b", "c"], "r1"), sorted(arranged("shuffle", ["a", "b", "c"], "r1"))
    (['a', 'b', 'c'], ['a', 'b', 'c'])
    """
    if arm != SHUFFLE:
        return list(items)
    keys = [
        blake2b(f"{request}:{place}".encode(), digest_size=8).digest()
        for place in range(len(items))
    ]
    return [items[place] for place in sorted(range(len(items)), key=keys.__getitem__)]


def control_sentence(arm: str, interval: Interval) -> Said:
    """What a control arm's interval says of the trial.

    Parameters
    ----------
    arm : str
        ``no-op`` or ``shuffle``.
    interval : Interval
        Of that arm less the plain one, on clicks.

    Examples
    --------
    >>> control_sentence("no-op", Interval(value=0.0, low=-0.1, high=0.1, alpha=0.05))
    'no-op arm: no difference, as it must be'
    """
    if arm == NO_OP:
        if interval.verdict:
            return Said(
                "no-op arm: DIFFERS from the plain arm though both get one list; trust no lift",
                "no-op 组：与对照组有差异，而两组列表相同；任何提升都不可信",
            )
        return Said("no-op arm: no difference, as it must be", "no-op 组：没有差异，符合预期")
    if interval.verdict < 0:
        return Said(
            "shuffle arm: worse than the plain arm, so the trial can see what order is worth",
            "shuffle 组：不如对照组，说明实验看得出排序的价值",
        )
    if interval.verdict > 0:
        return Said(
            "shuffle arm: BETTER than the plain arm; the plain order is worse than chance",
            "shuffle 组：好于对照组；对照组的排序还不如随机",
        )
    return Said(
        "shuffle arm: no difference yet; the trial has too few units to see what order is worth",
        "shuffle 组：尚无差异；样本太少，还看不出排序的价值",
    )
