"""EasyEnsemble over LightGBM: a hook around the fit, on a table with a rare purchase."""

import sys

import longshelf as ls

dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace(problem='purchase')")
print(f"{dataset.name}: {dataset.rows.height} rows")

for strategy in ("none", "EasyEnsemble(members=5)"):
    arm = ls.fit(dataset, features="tabular", model="light_gbm", strategy=strategy)
    print(
        f"{strategy:24} balanced accuracy {arm.value('balanced_accuracy'):.3f}"
        f"  AUPRC {arm.value('auprc'):.3f}  ECE {arm.value('ece', decision='raw'):.3f}"
        f" -> {arm.value('ece', decision='corrected'):.3f} once corrected"
    )
