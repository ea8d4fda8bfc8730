"""cRT: learn everything, then freeze the encoder and learn the head again, class-balanced."""

import sys

import longshelf as ls

dataset = ls.load(sys.argv[1] if len(sys.argv) > 1 else "marketplace")

for strategy in ("none", "Crt"):
    arm = ls.fit(dataset, model="mlp", strategy=strategy)
    epochs = len(arm.learned.fitted.history)
    print(
        f"{strategy:5} head {arm.value('macro_f1', 'head'):.3f}"
        f"  tail {arm.value('macro_f1', 'tail'):.3f}  epochs {epochs}"
    )

try:
    ls.fit(dataset, model="linear", strategy="Crt")
except ls.NotApplicable as reason:
    print(f"linear: not applicable: {reason}")
