"""Expansion before features: only the new texts are encoded, and the hits are counted."""

import sys
import tempfile
from pathlib import Path

import longshelf as ls
from longshelf.cache import Cache

dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")

with tempfile.TemporaryDirectory() as folder:
    for strategy in ("none", "none", "Expand(generator=ngram, to=40)"):
        arm = ls.fit(dataset, features="minilm", strategy=strategy, cache=Cache(Path(folder)))
        found = arm.about["features"]
        print(
            f"{strategy:34} tail macro-F1 {arm.value('macro_f1', 'tail'):.3f}"
            f"  texts found {found['hits']}, encoded {found['misses']}"
        )
