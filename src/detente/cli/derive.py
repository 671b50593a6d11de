"""`detente data aggregate | split | update`: a baseline made from another one, kept under a name of its own."""

from __future__ import annotations

from pathlib import Path

from detente.baseline import Baseline
from detente.baseline.catalogue import import_path, load_baseline
from detente.baseline.files import save_npz
from detente.cli import output
from detente.core.errors import UsageError

REST = "*"


def groups(name: str, text: str | None) -> dict[str, list[str] | str] | None:
    """Return groups from text such as `EU27, NAFTA=USA+CAN+MEX, ROW=*`.

    Args:
        name: of the option, for messages. text: groups separated by commas: a known group by its name, NEW=A+B+C, or
            NEW=* for all the rest; None for no merging.
    Raises:
        UsageError: an empty name or member, a group named twice; all at once.
    """
    if text is None:
        return None
    found: dict[str, list[str] | str] = {}
    wrong = []
    for part in text.split(","):
        code, _, members = (piece.strip() for piece in part.partition("="))
        chosen = [member.strip() for member in members.split("+")] if members else [code]
        if not code or not all(chosen):
            wrong.append(f"{part.strip()!r}")
        elif code in found:
            wrong.append(f"{code!r} twice")
        elif chosen in ([REST], [code]):
            found[code] = chosen[0]
        else:
            found[code] = chosen
    if wrong:
        raise UsageError(f"{name}: found {', '.join(wrong)}; expected groups such as 'EU27, NAFTA=USA+CAN+MEX, ROW=*'")
    return found


def aggregate(name: str, countries: str | None, sectors: str | None, out: str, *, force: bool) -> None:
    """Merge countries and sectors, and keep the smaller world.

    Raises:
        UsageError: groups that cannot be, nothing to merge, or a name that is taken.
    """
    if countries is None and sectors is None:
        raise UsageError("countries, sectors: found neither; expected groups, such as --countries 'EU27, ROW=*'")
    path = free(out, force)
    merged = load_baseline(name).aggregated(groups("countries", countries), groups("sectors", sectors))
    _kept(merged, path)


def split(name: str, products: str | None, out: str, *, shares: str, force: bool) -> None:
    """Cut product groups out of their sectors, and keep the finer world.

    Raises:
        UsageError: unknown products, or a name that is taken.
    """
    from detente.baseline.satellites import with_satellites

    path = free(out, force)
    chosen = None if products is None else [item.strip() for item in products.split(",")]
    _kept(with_satellites(load_baseline(name), chosen, shares=shares), path)


def update(name: str, tariffs: Path, out: str, *, force: bool) -> None:
    """Replace tariffs, solve the world again, and keep it.

    Raises:
        UsageError: a name that is taken. DataError: a table that is wrong. SolveError: no equilibrium.
    """
    from detente.equilibrium.update import updated

    path = free(out, force)
    _kept(updated(load_baseline(name), tariffs, id=path.stem), path)


def free(out: str, force: bool) -> Path:
    """Return where a baseline is kept under a name.

    Raises:
        UsageError: no name, a folder, or a name that is taken unless `force` allows to replace it.
    """
    path = import_path(out)
    if path.is_dir():
        raise UsageError(f"out: found {str(path)!r}, which is a folder; expected a file, or a new name")
    if path.exists() and not force:
        raise UsageError(f"out: found {str(path)!r}, which exists; expected a new name; try --force to replace it")
    return path


def _kept(world: Baseline, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    named = world.replace(id=path.stem)
    save_npz(named, path)
    output.note(*(f"warning: {text}" for text in named.meta.get("warnings", ())))
    n, j = named.shape
    history = list(named.meta.get("history", ()))
    if output.wants_json():
        output.document(
            {"status": "OK", "id": named.id, "countries": n, "sectors": j, "file": str(path), "history": history}
        )
        return
    output.say("\n".join([*history[-1:], f"written: {output.shown(path)} ({n} economies x {j} sectors)"]))
