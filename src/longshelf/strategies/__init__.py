"""Every remedy, by the name its paper gave it. Adding one is one file and one line here."""

from longshelf.strategies.base import Stage, Strategy
from longshelf.strategies.chain import Chain
from longshelf.strategies.logits.logit_adjusted import LogitAdjusted
from longshelf.strategies.loss.focal import Focal

__all__ = ["Chain", "Focal", "LogitAdjusted", "Stage", "Strategy"]
