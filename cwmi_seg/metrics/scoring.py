"""Scores images in other processes, while the network goes on with the next ones."""

import os
import pickle
import signal
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from copy import deepcopy
from functools import lru_cache
from multiprocessing import get_context, parent_process

import torch
from torch import Tensor

from cwmi_seg.metrics.per_image import PerImageMetric
from cwmi_seg.mistakes import Mistake
from cwmi_seg.topology.masks import Labels

_WAITING = 16
"""Number of images that may wait for a worker, which bounds the memory that they take."""


class Scoring:
    """Updates metrics with batches, at once or by other processes; they are complete after :meth:`collect`.

    The values are the same for any number of processes. The processes start with the first batch and end with
    :meth:`close`, with this object, or with this process, however it ends.

    Args:
        num_workers: Number of processes; 0 scores in this one.
    """

    def __init__(self, num_workers: int = 0) -> None:
        if num_workers < 0:
            raise Mistake(f"metrics.num_workers: expected at least 0, got {num_workers}; 0 uses no other process.")
        self.num_workers = num_workers
        self._pool: ProcessPoolExecutor | None = None
        self._known: dict[int, tuple[PerImageMetric, bytes]] = {}
        self._waiting: deque[tuple[Sequence[PerImageMetric], Tensor, Future[list[Sequence[float]]]]] = deque()

    def update(self, metrics: Iterable[PerImageMetric], prediction: Tensor, target: Tensor, index: Tensor) -> None:
        """Score a batch: class indices B H W, and the dataset index B of each image."""
        metrics = list(metrics)
        masks = prediction.to(torch.int32), target.to(torch.int32)  # an ignored value may be 65535
        if self.num_workers == 0:
            for metric in metrics:
                metric.update(*masks, index)
            return
        pickled = [self._pickled(metric) for metric in metrics]
        predictions, targets = (mask.cpu().numpy() for mask in masks)
        for i, (of_image, its_target) in enumerate(zip(predictions, targets, strict=True)):
            scores = self._started().submit(_scores, pickled, of_image, its_target)
            self._waiting.append((metrics, index[i : i + 1], scores))
        self.collect(leave=_WAITING * self.num_workers)

    def collect(self, leave: int = 0) -> None:
        """Wait for the scores until at most ``leave`` images are left, in the order of the images."""
        while len(self._waiting) > leave:
            metrics, index, future = self._waiting.popleft()
            for metric, values in zip(metrics, future.result(), strict=True):
                metric.add([values], index)

    def close(self) -> None:
        """End the processes; what was not collected is dropped."""
        self._waiting.clear()
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None

    def _pickled(self, metric: PerImageMetric) -> bytes:
        """The settings of a metric without the images that it has seen."""
        if id(metric) not in self._known:
            # pickled once, not with every image: the images that a metric has seen would grow with the epoch
            blank = deepcopy(metric).cpu()
            blank.reset()
            self._known[id(metric)] = metric, pickle.dumps(blank)
        return self._known[id(metric)][1]

    def _started(self) -> ProcessPoolExecutor:
        if self._pool is None:
            # spawn: a fork of a process that uses CUDA, or that has threads, may hang
            self._pool = ProcessPoolExecutor(self.num_workers, get_context("spawn"), initializer=_start)
        return self._pool


@lru_cache(maxsize=64)
def _unpickled(metric: bytes) -> PerImageMetric:
    return pickle.loads(metric)


def _scores(metrics: Sequence[bytes], prediction: Labels, target: Labels) -> list[Sequence[float]]:
    return [_unpickled(metric).all_scores(prediction, target) for metric in metrics]


def _start() -> None:
    """One thread; an interrupt is left to the parent; the end of the parent, even by a kill, is the end."""
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
