"""`python -m detente.verify [--quick] [--only LAW]`: exit 0 if everything holds, 5 if something does not."""

from __future__ import annotations

import sys

from detente.core.errors import CheckError, DetenteError, UsageError
from detente.verify import report, run


def main(arguments: list[str]) -> int:
    """Run the checks, write the outcome, and return the exit code."""
    rest = [each for each in arguments if each != "--quick"]
    try:
        if rest and (rest[0] != "--only" or len(rest) != 2):
            raise UsageError(f"found {' '.join(rest)}; expected --quick and --only LAW")
        checks = run(quick="--quick" in arguments, only=rest[1] if rest else None)
    except DetenteError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    sys.stdout.write(report(checks) + "\n")
    return 0 if all(check.ok for check in checks) else CheckError.exit_code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
