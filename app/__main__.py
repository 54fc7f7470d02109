"""`python -m app`: run, plan, doctor, watch, audit, dead-letters. Kept readable for old Pythons, so that they hear what
is missing."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 - an older one is to hear of it
    version = ".".join(str(part) for part in sys.version_info[:3])
    sys.exit("Python 3.11 or newer is needed; this is " + version + " (" + sys.executable + ")")

try:
    from app.cli.commands import main
except ModuleNotFoundError as error:
    if error.name is None or error.name.partition(".")[0] == "app":
        raise
    sys.exit(f"The package {error.name!r} is not installed for {sys.executable}; `make install` gets all into .venv")
except KeyboardInterrupt:
    sys.exit(130)

if __name__ == "__main__":
    main()
