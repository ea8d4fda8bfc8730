"""A cell and a place to record it, for every tracker's test."""

from dataclasses import dataclass

from longshelf.curves import Point
from longshelf.experiment.store import Store


@dataclass(frozen=True)
class Cell:
    """The least a tracker reads of a cell."""

    strategy: str = "none"
    key: str = "0123456789abcdef"

    @property
    def columns(self):
        names = ("dataset", "task", "split", "features", "model")
        values = ("时装", "classify", "stratified", "tf_idf", "encoder(name='a/b')")
        named = dict(zip(names, values, strict=True))
        return {"cell": self.name, **named, "strategy": self.strategy, "seed": 0}

    @property
    def name(self):
        return f"时装/classify/stratified/tf_idf/encoder(name='a/b')/{self.strategy}/seed0"


def home(folder, name="run"):
    return Store(str(folder / name))


def course(first, last, training=1):
    """Points of a training between two steps, ends included; valid at every fifth."""
    for step in range(first, last + 1):
        valid = {"valid": step / 100} if step % 5 == 0 else {}
        yield Point(training, step, {"loss": 1 / step, "rate": 0.1, "epoch": step / 5} | valid)


def told(diary, points):
    for point in points:
        diary.log(point)
