"""Product texts from attributes."""

from __future__ import annotations

from collections.abc import Mapping

from longshelf.prepare.mentions import Mentions
from longshelf.serving.goods import Goods

__all__ = ["Describer"]


class Describer:
    """What is asked for, in the order in which the shop's own titles say it.

    A catalogue has titles and no attributes, so there is nothing to mine patterns from as the model
    ``template_writer`` does; its last resort, the values one after another, is used, and improved by
    where each stands, on average, in the titles of the category that name it. Values that no title
    names come first, as they were given. Nothing is drawn, and nothing is said that was not asked
    for.

    Parameters
    ----------
    goods : Goods
        The catalogue.
    titles : int, default 2000
        Of a category, at most, that are read for a text.
    """

    def __init__(self, goods: Goods, titles: int = 2000) -> None:
        self.goods, self.titles = goods, titles

    def write(self, category: str, attributes: Mapping[str, str]) -> str:
        """The text of a product."""
        said = [*dict.fromkeys(attributes.values()), category]
        places = self._places(category, said)
        last = {category: 1.0}
        order = sorted(said, key=lambda value: places.get(value, last.get(value, -1.0)))
        return " ".join(order)

    def _places(self, category: str, said: list[str]) -> dict[str, float]:
        """Where each value stands in titles, 0 first and 1 last, on average."""
        shelf = self.goods.shelves.get(category)
        if shelf is None:
            return {}
        mentions = Mentions({value: [value] for value in said})
        found: dict[str, list[float]] = {}
        for code in shelf[: self.titles].tolist():
            title = self.goods.titles[code]
            for one in mentions.of(title):
                found.setdefault(one.attribute, []).append(one.start / max(1, len(title)))
        return {value: sum(places) / len(places) for value, places in found.items()}
