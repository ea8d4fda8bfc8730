"""What is predicted."""

from longshelf.tasks.base import Parts, Problem, Task, divide
from longshelf.tasks.classify import Classify

__all__ = ["Classify", "Parts", "Problem", "Task", "divide"]
