"""The losses of the package ``topolosses``, to compare with."""

import importlib
from typing import Any

import pytest


def authors_losses() -> Any:
    """``topolosses.losses``; the test is skipped where the package, or what it imports on its way, is missing."""
    for needed in ("topolosses", "cv2", "ot"):
        pytest.importorskip(needed, exc_type=ImportError)
    return importlib.import_module("topolosses.losses")
