"""What one scores without looking at the inputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from longshelf.tables import FloatArray

__all__ = ["Rivals"]


@dataclass(frozen=True, kw_only=True)
class Rivals:
    """Scores of two predictors that ignore the inputs, expected over many rows of the same law.

    ``majority`` always says the largest class; ``random`` says each class as often as it occurs.
    A macro average counts every class once; a class nobody predicts has F1 0.

    Parameters
    ----------
    majority_accuracy : float
        Share of the largest class.
    majority_macro_f1 : float
        ``2 p / (1 + p) / C`` with p that share.
    random_accuracy : float
        ``Σ p_c²``.
    random_macro_f1 : float
        ``1 / C``: precision and recall of a class are both its share, and the shares sum to 1.
    balanced_accuracy : float
        ``1 / C``, for both.
    auprc : float
        Of any constant score: the prevalence of the rarer class, or for several classes the mean
        prevalence.
    log_loss : float, nats
        Of saying the class shares as probabilities: their entropy.
    """

    majority_accuracy: float
    majority_macro_f1: float
    random_accuracy: float
    random_macro_f1: float
    balanced_accuracy: float
    auprc: float
    log_loss: float

    @classmethod
    def of(cls, counts: FloatArray) -> Rivals:
        """The scores on data with these class sizes; (C,).

        Examples
        --------
        >>> Rivals.of(np.array([75.0, 25])).majority_accuracy
        0.75
        """
        share = counts / counts.sum()
        top, classes = float(share.max()), len(share)
        return cls(
            majority_accuracy=top,
            majority_macro_f1=2 * top / (1 + top) / classes,
            random_accuracy=float(share @ share),
            random_macro_f1=1 / classes,
            balanced_accuracy=1 / classes,
            auprc=float(share.min()) if classes == 2 else 1 / classes,
            log_loss=float(-(share @ np.log(share))),
        )
