"""A short dialogue at a terminal: measure by measure, yes or no; what a run needs is asked; nothing without a yes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from detente.cli.read_text import plain
from detente.core.errors import UsageError
from detente.news.answers import checked
from detente.news.document import Document, Question
from detente.news.kinds import proof_of, role
from detente.news.measure import ReadMeasure
from detente.news.questions import still_open, told
from detente.news.review import rate_text

YES = ("y", "yes")


@dataclass(frozen=True)
class Walked:
    """What the user said: accepted ids, in the order of the text, and answers by measure and field."""

    accepted: tuple[str, ...] = ()
    answers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


class Dialogue:
    """A conversation about proposals.

    Args:
        ask: shows a prompt and returns a line; EOFError ends the conversation as if nothing had been said.
        say: prints.
    """

    def __init__(self, ask: Callable[[str], str], say: Callable[[str], None]) -> None:
        self._ask, self._say = ask, say

    def walk(self, document: Document, said: Mapping[str, Mapping[str, str]]) -> Walked:
        """Go through the proposals; the last question is whether to write, and only a yes says so."""
        answers = {name: dict(fields) for name, fields in said.items()}
        accepted: list[str] = []
        try:
            if not document.measures or not self._yes("\nwalk through the proposals? [y/N] "):
                return Walked()
            for read in document.measures:
                if self._wanted(read, accepted) and self._answered(document, read, answers):
                    accepted.append(read.id)
            if not accepted or not self._yes(f"write a scenario of {', '.join(accepted)}? [y/N] "):
                return Walked()
        except EOFError:
            return Walked()
        return Walked(tuple(accepted), answers)

    def _yes(self, prompt: str) -> bool:
        return self._ask(prompt).strip().lower() in YES

    def _wanted(self, read: ReadMeasure, accepted: list[str]) -> bool:
        """Show a proposal with its quote and return whether it is accepted."""
        sides = f"{read.imposer or '?'} on {' '.join(read.target) or '?'}"
        rate = f", {rate_text(read)}" if read.rate else ""
        self._say(f"\n{read.id} {read.instrument}, {sides}{rate}: {read.status} (sure {read.confidence:.2f})")
        self._say(f"  {plain(proof_of(read).sentence)!r}")
        found = role(read)
        if found.why_not:
            self._say(f"  cannot be loaded: {found.why_not}")
            return False
        missing = [name for name in found.ends if name not in accepted]
        if missing:
            self._say(f"  takes {', '.join(missing)} away, which is not accepted")
            return False
        return self._yes("  accept? [y/N] ")

    def _answered(self, document: Document, read: ReadMeasure, answers: dict[str, dict[str, str]]) -> bool:
        """Ask what a run needs; an empty answer leaves the measure out."""
        given = answers.setdefault(read.id, {})
        while questions := still_open(document, read.id, given):
            question = questions[0]
            self._say(f"  {plain(told(question))}")
            value = self._ask(f"  {question.field} = ").strip()
            if not value:
                self._say(f"  {read.id} is left out")
                return False
            try:
                given[question.field] = checked(question.field, value)
            except UsageError as error:
                self._say(f"  {error}")
            except KeyError:
                self._say(f"  {question.field} cannot be answered here; {read.id} is left out")
                return False
        return True


def asked(question: Question) -> str:
    """Return an open question in one printable line."""
    return plain(told(question))
