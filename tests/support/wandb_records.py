"""W&B records, read back offline by wandb's own reader."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


def records(folder: Path) -> list[dict[str, Any]]:
    """The records of the only W&B run in ``folder``."""
    (path,) = folder.glob("runs/*/wandb/offline-run-*/run-*.wandb")
    reader = [sys.executable, "-m", "wandb", "leet", "inspect", "--json", str(path)]
    lines = subprocess.run(reader, capture_output=True, text=True, check=True).stdout.splitlines()
    return [json.loads(line) for line in lines if line]


def of_type(found: list[dict[str, Any]], kind: str) -> Iterator[Any]:
    return (record[kind] for record in found if record["type"] == kind)
