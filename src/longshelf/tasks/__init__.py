"""What is predicted."""

from longshelf.tasks.associate import Associate
from longshelf.tasks.base import Parts, Problem, Task, divide
from longshelf.tasks.classify import Classify
from longshelf.tasks.cluster import Cluster
from longshelf.tasks.feedback_loop import FeedbackLoop
from longshelf.tasks.generate import Generate
from longshelf.tasks.rank import Rank
from longshelf.tasks.regress import Regress
from longshelf.tasks.search import Search

__all__ = [
    "Associate",
    "Classify",
    "Cluster",
    "FeedbackLoop",
    "Generate",
    "Parts",
    "Problem",
    "Rank",
    "Regress",
    "Search",
    "Task",
    "divide",
]
