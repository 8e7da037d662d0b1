"""Build the documentation site in ``site``; fails at the first thing that zensical or Griffe has to say.

    python scripts/build_site.py

``make docs`` calls it. ``zensical build --strict`` alone does not count what Griffe says of docstrings, such as an
argument that is described and not there.
"""

import re
import subprocess
import sys

_EXPECTED = re.compile(r"Build started|Build finished in .*|No issues found|")


def main() -> int:
    """Run zensical in the working directory; 1 if there is a warning."""
    command = [sys.executable, "-m", "zensical", "build", "--clean", "--strict"]
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout, end="")
    warnings = [line for line in done.stdout.splitlines() if not _EXPECTED.fullmatch(line.strip())]
    if warnings:
        print(f"docs: expected no warnings, got {len(warnings)} lines; mend the pages or docstrings that they name.")
    return done.returncode or int(bool(warnings))


if __name__ == "__main__":
    sys.exit(main())
