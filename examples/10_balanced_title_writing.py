"""Generation: an n-gram writes titles per category, reading the data as they are or class-balanced."""

import sys

import longshelf as ls

dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")

for strategy in ("none", "ClassBalancedSampling"):
    arm = ls.fit(
        dataset, task="generate", features="category", model="ngram_writer", strategy=strategy
    )
    print(
        f"{strategy:22} distinct-2: all {arm.value('distinct@2'):.3f}"
        f"  head {arm.value('distinct@2', 'head'):.3f}  tail {arm.value('distinct@2', 'tail'):.3f}"
    )
    for category, title in list(zip(arm.parts.test.inputs["category"], arm.predicted, strict=True))[
        :3
    ]:
        print(f"    {category}: {title}")
