"""Regression: label- and feature-distribution smoothing for rare values of demand."""

import sys

import numpy as np
import polars as pl

import longshelf as ls


def simulated(products=300, weeks=30, seed=0):
    """Demand of a shop: most products sell a little, a few sell a lot, with a season."""
    rng = np.random.default_rng(seed)
    level = 3 * rng.pareto(1.2, products) + 0.5
    season = 1 + 0.5 * np.sin(np.arange(weeks) / 4)
    sold = rng.poisson(np.outer(level, season))
    lags = {f"lag_{k}": sold[:, 4 - k : weeks - k].ravel() for k in (1, 2, 3, 4)}
    return ls.load(
        pl.DataFrame({"demand": sold[:, 4:].ravel(), **lags}), label="demand", numeric=tuple(lags)
    )


if __name__ == "__main__":
    dataset = ls.load(sys.argv[1]) if len(sys.argv) > 1 else simulated()
    lds = "LabelDistributionSmoothing"
    for strategy in (
        "none",
        lds,
        "FeatureDistributionSmoothing",
        f"{lds} + FeatureDistributionSmoothing",
    ):
        arm = ls.fit(
            dataset,
            task="regress",
            split="stratified",
            features="tabular",
            model="mlp",
            strategy=strategy,
        )
        print(
            f"{strategy:56} MAE {arm.value('mae'):.3f}"
            f"  on common values {arm.value('mae', 'head'):.3f}  on rare ones {arm.value('mae', 'tail'):.3f}"
        )
