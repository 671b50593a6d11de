"""What goes in and out of the HTTP API, typed: OpenAPI is made of this."""

from __future__ import annotations

import functools
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from detente.app.selection import EDIT_LENGTH, LENGTH, MANY

DAY = r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$"
WORD = r"^[^\x00-\x1f\x7f]*$"
Text = Annotated[str, Field(max_length=LENGTH, pattern=WORD)]
Texts = Annotated[list[Text], Field(max_length=MANY)]
Code = Annotated[str, Field(min_length=2, max_length=32, pattern=r"^[A-Za-z0-9_-]+$")]
Rate = Annotated[str, Field(max_length=32, pattern=WORD, examples=["100%"])]


class Strict(BaseModel):
    """A body or query in which a field that is unknown is a mistake."""

    model_config = ConfigDict(extra="forbid")


class State(Strict):
    """A scenario, with switches. The same names as in the address of the page."""

    case: Text = Field(
        default="", description="Packaged scenario, or my/NAME of the folder served; default: the first."
    )
    edit: str = Field(
        default="",
        max_length=EDIT_LENGTH,
        pattern=r"^[A-Za-z0-9_-]*$",
        description="An edited file, packed: what POST /api/scenarios returns for a text.",
    )
    on: str = Field(default="", pattern=DAY, description="Day whose law main is; default: as_of of the file.")
    branch: Texts = Field(default_factory=list, description="main (default) or leaves of the tree.")
    include: Texts = Field(default_factory=list, description="Measures that apply whatever their status.")
    drop: Texts = Field(default_factory=list, description="Measures that do not apply; authority=NAME drops a family.")
    set: Texts = Field(default_factory=list, description="ID=RATE, such as us-fentanyl=+10pp.")
    closure: Literal["", "world-share", "balanced"] = Field(
        default="", description="Rule for deficits; default: of the file."
    )
    elasticities: Text = Field(default="", description="Name of an elasticity set; default: of the file.")

    def plain(self) -> dict[str, Any]:
        """Return the state without what is usual."""
        found = self.model_dump(include=set(State.model_fields))
        return {name: value for name, value in found.items() if value}


class Solve(State):
    """What to solve."""

    countries: Texts = Field(default_factory=list, description="Rows wanted: codes and groups; default: of the file.")


class TableQuery(State):
    """A table of solved branches."""

    by: Text = Field(default="", description="Importer, for diversion and pressure; default: of the scenario's talks.")
    against: Text = Field(default="", description="Origin, for diversion and pressure.")


class ScenarioText(Strict):
    """A scenario file to check."""

    text: str = Field(max_length=1_000_000, description="YAML, as in a file; its JSON Schema is at /api/schema.json.")
    case: Text = Field(default="", description="The scenario it was edited from; its tables may be used.")


class Game(Strict):
    """A search for tariffs on the world of a scenario."""

    state: State = Field(default_factory=State)
    against: list[Code] | None = Field(default=None, max_length=100, description="Partners; default: all.")
    sectors: list[Code] | Literal["goods", "all"] = "goods"
    vary: Literal["free", "uniform", "by-partner", "by-sector", "mfn"] = "by-partner"
    lower: Rate | None = Field(default="0%", description="Lowest rate with its unit; null is no limit.")
    upper: Rate | None = Field(default="100%", description="Highest rate with its unit; null is no limit.")
    objective: Literal["real-income", "revenue"] = "real-income"
    starts: int = Field(default=1, ge=1, le=50)
    purge: bool = Field(default=True, description="Remove deficits first; without it there may be no best tariff.")

    def choices(self) -> dict[str, Any]:
        """Return the arguments of the verb that are the same for one player and several."""
        given = self.model_dump(include={"against", "sectors", "vary", "objective", "starts", "purge"})
        return {**given, "bounds": [self.lower, self.upper]}


class Optimal(Game):
    """Best tariffs of one country or coalition."""

    player: Code | list[Code] = Field(examples=["USA"])
    instrument: Literal["import-tariff", "export-tax"] = "import-tariff"


class Nash(Game):
    """Tariffs that are best responses to each other."""

    players: list[Code] = Field(min_length=2, max_length=12, examples=[["USA", "CHN"]])


class Talks(Strict):
    """Talks over packages of a scenario."""

    state: State = Field(default_factory=State)
    solution: Literal["nash", "kalai-smorodinsky", "equal-gains"] = "nash"


class Article(Strict):
    """A text to read."""

    text: str = Field(default="", max_length=25_000_000, description="The article itself; or an address.")
    url: str = Field(default="", max_length=2000, description="Needs a server started with --allow-network.")
    published: str = Field(default="", pattern=DAY, description="Day it was published.")


class Draft(Article):
    """A scenario of the measures that a person accepts, and of no others."""

    accept: Texts = Field(min_length=1, description="Ids of measures, such as M02.")
    answers: Texts = Field(default_factory=list, description="ID.field=VALUE, for what the text does not say.")


class Problem(BaseModel):
    """One thing that is wrong."""

    text: str = Field(description="The whole sentence: where, found, expected, try.")
    line: int | None = None
    field: str | None = None
    found: str | None = None
    expected: str | None = None
    hint: str | None = None


class Refused(BaseModel):
    """An answer that is no result."""

    status: str
    problems: list[Problem | str]


class Progress(BaseModel):
    """How far a job is."""

    what: str = ""
    done: int = 0
    total: int = 0


class JobDocument(BaseModel):
    """A job: its status first, its result when it has one."""

    status: str = Field(description="QUEUED, RUNNING, CANCELLED, TIMEOUT, CRASHED, or the status of the result.")
    job: str = Field(pattern=r"^[a-z0-9-]{8,64}$")
    kind: str
    seconds: float = 0.0
    progress: Progress | None = None
    problems: list[Problem | str] | None = None
    result: dict[str, Any] | None = None


class CountryRow(BaseModel):
    """One number of one country."""

    model_config = ConfigDict(extra="allow")
    country: str
    variable: str
    unit: str
    value: float | None


class Branch(BaseModel):
    """One solved branch."""

    model_config = ConfigDict(extra="allow")
    status: str
    title: str
    on: str
    applied: list[str]
    not_applied: dict[str, str]
    countries: list[CountryRow]
    certificate: dict[str, Any]


class Solved(BaseModel):
    """Solved branches: the status of the worst first."""

    model_config = ConfigDict(extra="allow")
    status: str
    scenario: str
    title: str
    as_of: str
    compare_to: str | None
    comparator: str
    baseline: str
    closure: str
    branches: dict[str, Branch]
    warnings: list[str]
    repeat: str


class Checked(BaseModel):
    """A scenario that is in order."""

    model_config = ConfigDict(extra="allow")
    status: Literal["OK"]
    id: str
    title: str
    branches: list[str]
    warnings: list[str]
    edit: str = Field(default="", description="The text, packed; goes into `edit` of every other request.")
    address: str = Field(default="", description="The page with this scenario.")


class CaseEntry(BaseModel):
    """A scenario that can be opened by name."""

    name: str
    title: str
    bundle: bool


@functools.cache
def refusals() -> dict[int | str, dict[str, Any]]:
    """Return the answers that every route may give instead of its own."""
    told = {
        401: "other machines can reach this server: every request needs its token",
        403: "no token, or another site",
        404: "nothing of that name",
        409: "the job has ended, or has no result",
        413: "the body is too long",
        415: "the body is not JSON",
        421: "another Host",
        422: "what was asked cannot be, all problems at once",
        429: "the queue is full; Retry-After says when to come again",
        503: "the server ends",
    }
    return {code: {"model": Refused, "description": text} for code, text in told.items()}
