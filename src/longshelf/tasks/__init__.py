"""What is predicted."""

from longshelf.tasks.base import Parts, Problem, Task, divide
from longshelf.tasks.classify import Classify
from longshelf.tasks.feedback_loop import FeedbackLoop
from longshelf.tasks.generate import Generate
from longshelf.tasks.rank import Rank
from longshelf.tasks.regress import Regress

__all__ = [
    "Classify",
    "FeedbackLoop",
    "Generate",
    "Parts",
    "Problem",
    "Rank",
    "Regress",
    "Task",
    "divide",
]
