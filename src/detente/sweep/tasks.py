"""What executors are given and give back; and the executor that needs no other process."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from detente.core.arrays import Array
from detente.core.errors import DetenteError
from detente.equilibrium.draws import Solved, refused
from detente.sweep.context import Context
from detente.sweep.solving import solved_draws
from detente.sweep.variant import Variant

CRASHED: Final = "CRASHED"
TRIES: Final = 3
"""Times that a task may take its worker down before it is left alone."""

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Task:
    """Some draws of one variant. key: names it; values: (draw, factor), or None for the centre alone."""

    key: str
    variant: Variant
    values: Array | None = None

    @property
    def draws(self) -> int:
        """Return how many solves a branch takes."""
        return 1 if self.values is None else len(self.values)


@dataclass(frozen=True, eq=False)
class Answer:
    """What came of a task: the draws of each branch; or, where nothing could be done with it, why, after some tries."""

    task: Task
    branches: dict[str, list[Solved]] = field(default_factory=dict)
    error: str = ""
    tries: int = 1

    @property
    def ok(self) -> bool:
        """Return whether the task was carried out; its draws may still have failed one by one."""
        return not self.error


class Executor(Protocol):
    """Something that carries out tasks, each once, in any order."""

    def answers(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Yield the answer to each task as it arrives; closing the iterator stops the work."""


@dataclass
class Here:
    """Tasks one after the other in this process."""

    context: Context

    def answers(self, tasks: Iterable[Task]) -> Iterator[Answer]:
        """Yield the answer to each task, in order."""
        for task in tasks:
            yield answered(self.context, task)


def answered(context: Context, task: Task) -> Answer:
    """Return what comes of a task in this process: where the variant itself cannot be, every draw says why."""
    try:
        return Answer(task, solved_draws(context.prepared(task.variant), task.values))
    except DetenteError as error:
        return Answer(task, every_draw(task, refused(error)))


def crashed(answer: Answer) -> dict[str, list[Solved]]:
    """Return the draws of a task that could not be carried out: each with the reason, none with numbers."""
    return every_draw(answer.task, Solved(CRASHED, float("inf"), answer.error))


def every_draw(task: Task, solved: Solved) -> dict[str, list[Solved]]:
    """Return the same for each draw of each branch."""
    return {branch: [solved] * task.draws for branch in task.variant.branches}


def plain_task(task: Task) -> dict[str, Any]:
    """Return a task without its values, for a message."""
    return {"task": task.key, "variant": task.variant.plain()}
