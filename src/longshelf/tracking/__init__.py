"""Where a run's curves are written. Adding a tracker is one file and one line here."""

from longshelf.tracking.base import Diary, Home, Tracked, Tracker
from longshelf.tracking.lines import Lines
from longshelf.tracking.mlflow import Mlflow
from longshelf.tracking.tensorboard import Tensorboard
from longshelf.tracking.wandb import Wandb

__all__ = ["Diary", "Home", "Lines", "Mlflow", "Tensorboard", "Tracked", "Tracker", "Wandb"]
