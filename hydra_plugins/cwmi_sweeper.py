"""Hydra's basic sweeper, with a memory: plans the runs, launches those that are left, tells how they ended.

Hydra accepts sweepers from the namespace ``hydra_plugins`` only, and imports all of it with every command, so that
this file imports nothing of weight.
"""

from collections.abc import Sequence

from hydra._internal.core_plugins.basic_sweeper import BasicSweeper
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.types import RunMode


class ResumingSweeper(BasicSweeper):
    """All cells of the grid join the study; the launcher gets those that have no results yet.

    A failing job or launcher does not end the sweep. Exit status 1 says that not all runs are done.

    Args:
        max_batch_size: of jobs handed to the launcher at once; None for all.
        params: overrides as in Hydra's basic sweeper.
    """

    def __init__(self, max_batch_size: int | None = None, params: dict[str, str] | None = None) -> None:
        super().__init__(max_batch_size, params)

    def sweep(self, arguments: list[str]) -> None:
        from cwmi_seg.study.plan import Studies, SweepPlan

        assert self.hydra_context is not None
        assert self.config is not None
        loader, master = self.hydra_context.config_loader, self.config
        overrides = OverridesParser.create(loader).parse_overrides([*self._parse_config(), *arguments])
        cells = [cell for batch in self.split_arguments(overrides, None) for cell in batch]
        plan = SweepPlan.make(cells, lambda cell: loader.load_sweep_config(master, list(cell)))

        def report(studies: Studies) -> None:
            from cwmi_seg.reporting.study_report import write_reports

            write_reports(studies, lambda: loader.load_configuration("report", [], RunMode.RUN))

        with plan.carried_out(report) as left:
            self._launch(left)

    def _launch(self, cells: Sequence[list[str]]) -> None:
        assert self.launcher is not None
        size = self.max_batch_size or max(len(cells), 1)
        for first in range(0, len(cells), size):
            self.launcher.launch(cells[first : first + size], initial_job_idx=first)
