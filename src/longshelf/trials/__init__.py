"""Experiments on live traffic: who sees which arm, and what may be said about the difference."""

from longshelf.trials.allocation import Trial
from longshelf.trials.bandit import Bandit
from longshelf.trials.controls import CONTROLS, NO_OP, SHUFFLE, arranged, control_sentence
from longshelf.trials.cuped import cuped
from longshelf.trials.effects import Arm, Effect, difference, mean_of, ratio_of
from longshelf.trials.from_events import COLUMNS, checked
from longshelf.trials.interleaving import Preference, credit, preferred, team_draft
from longshelf.trials.off_policy import OffPolicy, cross_fitted, doubly_robust, ips, replay, snips
from longshelf.trials.report import Line, TrialReport, report_trial
from longshelf.trials.sample_ratio import SampleRatio, check_sample_ratio
from longshelf.trials.sequential import Interval, always_valid, fixed_horizon, tuned_rho, widening
from longshelf.trials.stratified import stratified

__all__ = [
    "Arm",
    "Bandit",
    "COLUMNS",
    "CONTROLS",
    "Effect",
    "Interval",
    "Line",
    "NO_OP",
    "OffPolicy",
    "Preference",
    "SHUFFLE",
    "SampleRatio",
    "Trial",
    "TrialReport",
    "always_valid",
    "arranged",
    "check_sample_ratio",
    "checked",
    "control_sentence",
    "credit",
    "cross_fitted",
    "cuped",
    "difference",
    "doubly_robust",
    "fixed_horizon",
    "ips",
    "mean_of",
    "preferred",
    "ratio_of",
    "replay",
    "report_trial",
    "snips",
    "stratified",
    "team_draft",
    "tuned_rho",
    "widening",
]
