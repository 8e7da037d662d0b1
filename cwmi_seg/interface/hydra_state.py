"""What Hydra keeps for the whole process, put back as it was: a notebook, or another application, may be using it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from hydra.core.global_hydra import GlobalHydra
from hydra.core.hydra_config import HydraConfig
from hydra.core.utils import setup_globals
from hydra.version import VersionBase, setbase


@contextmanager
def own_hydra() -> Iterator[None]:
    """As in a process of a command: Hydra not yet initialized, and with the behaviour of its version 1.3."""
    hydra, config, version = GlobalHydra.instance(), HydraConfig.instance(), VersionBase.instance()
    before = hydra.hydra, config.cfg, version.version_base
    hydra.clear()
    setbase("1.3")
    setup_globals()
    try:
        yield
    finally:
        hydra.hydra, config.cfg, version.version_base = before


@contextmanager
def own_logging() -> Iterator[None]:
    """Hydra gives the root logger its own handlers for every job; afterwards it has those of before."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
