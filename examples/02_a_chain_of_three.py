"""SMOTE, then focal loss, then thresholds per class: three hooks in one chain."""

import sys

import longshelf as ls

dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")

for strategy in ("none", "Smote", "Smote + Focal", "Smote + Focal + PerClassThreshold"):
    arm = ls.fit(dataset, model="linear", strategy=strategy)
    print(
        f"{strategy:36} macro-F1 {arm.value('macro_f1'):.3f}"
        f"  tail {arm.value('macro_f1', 'tail'):.3f}  rows {arm.about['rows']}"
    )
