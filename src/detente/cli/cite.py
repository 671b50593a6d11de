"""`detente cite`: BibTeX of what a bundle or a scenario used."""

from __future__ import annotations

from detente.cli import output
from detente.cli.solved import given


def cite(source: str) -> None:
    """Print BibTeX to stdout.

    Args:
        source: a bundle, or a scenario, which is solved for it.
    Raises:
        DetenteError: as `run` and `verify`.
    """
    from detente.report.cite import bibtex

    text = bibtex(given(source).run)
    if output.wants_json():
        output.document({"status": "OK", "bibtex": text})
    else:
        output.say(text.rstrip("\n"))
