"""Every model. Adding one is one file and one line here."""

from longshelf.models.base import Model
from longshelf.models.classify.linear import Linear
from longshelf.models.classify.logistic import Logistic
from longshelf.models.classify.majority import Majority
from longshelf.models.classify.mlp import Mlp

__all__ = ["Linear", "Logistic", "Majority", "Mlp", "Model"]
