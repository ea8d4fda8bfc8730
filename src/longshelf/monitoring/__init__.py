"""Balance, drift and estimated quality of the live service, by slice, and alerts that do not flap."""

from longshelf.monitoring.alerts import Alarm, Alerts, Rule
from longshelf.monitoring.drift import Drift, drift_of, psi
from longshelf.monitoring.estimated import Estimated, checked_estimate
from longshelf.monitoring.label_shift import black_box_shift, expected_prior
from longshelf.monitoring.observe import Observation, look, observe
from longshelf.monitoring.page import page
from longshelf.monitoring.rehearsal import Traffic, catalogue_of
from longshelf.monitoring.running import Running
from longshelf.monitoring.signals import RULES
from longshelf.monitoring.windows import tally

__all__ = [
    "RULES",
    "Alarm",
    "Alerts",
    "Drift",
    "Estimated",
    "Observation",
    "Rule",
    "Running",
    "Traffic",
    "black_box_shift",
    "catalogue_of",
    "checked_estimate",
    "drift_of",
    "expected_prior",
    "look",
    "observe",
    "page",
    "psi",
    "tally",
]
