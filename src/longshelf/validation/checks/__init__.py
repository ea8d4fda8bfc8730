"""The checks, one file each; a new one is an import line and a name here."""

from longshelf.validation.check import Check
from longshelf.validation.checks.constant_column import ConstantColumn
from longshelf.validation.checks.constant_grade import ConstantGrade
from longshelf.validation.checks.contradiction import Contradiction
from longshelf.validation.checks.document_across_parts import DocumentAcrossParts
from longshelf.validation.checks.dominant_value import DominantValue
from longshelf.validation.checks.duplicate_across_parts import DuplicateAcrossParts
from longshelf.validation.checks.duplicate_id import DuplicateId
from longshelf.validation.checks.duplicate_interaction import DuplicateInteraction
from longshelf.validation.checks.duplicate_rows import DuplicateRows
from longshelf.validation.checks.empty_class import EmptyClass
from longshelf.validation.checks.empty_text import EmptyText
from longshelf.validation.checks.identifier_input import IdentifierInput
from longshelf.validation.checks.label_in_id import LabelInId
from longshelf.validation.checks.label_missing import LabelMissing
from longshelf.validation.checks.label_variants import LabelVariants
from longshelf.validation.checks.leaking_column import LeakingColumn
from longshelf.validation.checks.mojibake import Mojibake
from longshelf.validation.checks.near_duplicate_across_parts import NearDuplicateAcrossParts
from longshelf.validation.checks.not_finite import NotFinite
from longshelf.validation.checks.propensity_range import PropensityRange
from longshelf.validation.checks.single_class import SingleClass
from longshelf.validation.checks.small_class import SmallClass
from longshelf.validation.checks.small_group import SmallGroup
from longshelf.validation.checks.thin_item import ThinItem
from longshelf.validation.checks.thin_user import ThinUser
from longshelf.validation.checks.tied_instant import TiedInstant
from longshelf.validation.checks.time_order import TimeOrder
from longshelf.validation.checks.unlisted_item import UnlistedItem

__all__ = [
    "CHECKS",
    "ConstantColumn",
    "ConstantGrade",
    "Contradiction",
    "DocumentAcrossParts",
    "DominantValue",
    "DuplicateAcrossParts",
    "DuplicateId",
    "DuplicateInteraction",
    "DuplicateRows",
    "EmptyClass",
    "EmptyText",
    "IdentifierInput",
    "LabelInId",
    "LabelMissing",
    "LabelVariants",
    "LeakingColumn",
    "Mojibake",
    "NearDuplicateAcrossParts",
    "NotFinite",
    "PropensityRange",
    "SingleClass",
    "SmallClass",
    "SmallGroup",
    "ThinItem",
    "ThinUser",
    "TiedInstant",
    "TimeOrder",
    "UnlistedItem",
]

CHECKS: tuple[Check, ...] = tuple(
    sorted(
        (globals()[name]() for name in __all__ if name != "CHECKS"), key=lambda check: check.code
    )
)
"""Every check with its default thresholds, in the order of their codes."""
