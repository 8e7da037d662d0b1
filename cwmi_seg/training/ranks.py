"""Which process of a distributed run this is, before any library has been set up to say so."""

import os

_RANKS = ("RANK", "LOCAL_RANK", "NODE_RANK", "SLURM_PROCID")


def is_first_process() -> bool:
    """Whether this process is rank 0: the others re-run the whole command and must write nothing."""
    return all(os.environ.get(rank, "0") == "0" for rank in _RANKS)
