"""What is counted, in two languages: classes of rows, or items in lists."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CLASSES", "ITEMS", "Nouns"]


@dataclass(frozen=True, kw_only=True)
class Nouns:
    """The words for a target.

    Parameters
    ----------
    one, many : str
        English.
    zh : str
        Chinese.
    count_zh : str
        Chinese, as one counts them.
    """

    one: str
    many: str
    zh: str
    count_zh: str

    def counted(self, number: int) -> str:
        """The number with the English word.

        Examples
        --------
        >>> CLASSES.counted(1), ITEMS.counted(2500)
        ('1 class', '2,500 items')
        """
        return f"{number:,} {self.one if number == 1 else self.many}"


CLASSES = Nouns(one="class", many="classes", zh="类别", count_zh="个类别")
ITEMS = Nouns(one="item", many="items", zh="商品", count_zh="件商品")
