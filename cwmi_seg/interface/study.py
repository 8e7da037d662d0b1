"""A study as an object: its runs, the table that compares them, and the tests."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cwmi_seg.config.errors import raised_mistakes
from cwmi_seg.interface.compose import Place
from cwmi_seg.interface.run import Run
from cwmi_seg.interface.tables import shown_blocks
from cwmi_seg.study.members import study_runs

if TYPE_CHECKING:
    import pandas as pd

    from cwmi_seg.reporting.analysis import Analysis, Options


class Study:
    """Runs that are compared, read from their folders whenever it is asked.

    Args:
        name: Of the study, as in ``study=NAME``.
        output: Folder of runs and studies.
        baseline: Loss that the others are tested against; None takes cross_entropy, where it was run.
        allowed_targets: Modules of your own that the configs of its runs may name.

    Raises:
        Mistake: There is no such study.
    """

    def __init__(
        self,
        name: str,
        output: Place = "outputs",
        *,
        baseline: str | None = None,
        allowed_targets: Sequence[str] = (),
    ) -> None:
        self.name, self.output, self.baseline = name, Path(output).expanduser(), baseline
        self._allowed_targets = tuple(allowed_targets)
        with raised_mistakes():
            study_runs(self.output, name)

    def __iter__(self) -> Iterator[Run]:
        """The runs that have begun, by name."""
        with raised_mistakes():
            folders = list(study_runs(self.output, self.name))
        return iter([Run(folder.path, self._allowed_targets) for folder in folders if folder.has_config()])

    @property
    def runs(self) -> "pd.DataFrame":
        """A row a run, by its name: what it is, its state, and ``test/METRIC``, the mean over its test images."""
        return self._analysis().records.runs.set_index("run")

    @property
    def images(self) -> "pd.DataFrame":
        """A row a run and test image: the columns run, name, group and one for each metric."""
        return self._analysis().records.images

    @property
    def scores(self) -> "pd.DataFrame":
        """A row a loss and metric: mean and std over folds and seeds, number of runs, rank among what was run alike."""
        return self._analysis().scores

    @property
    def tests(self) -> "pd.DataFrame":
        """A row a loss and metric: Wilcoxon's signed-rank test against the baseline, paired by image or group."""
        return self._analysis().tests

    def report(self, out: Place | None = None) -> Path:
        """Write the report, as ``cwmi-report`` does, but send nothing to W&B.

        Args:
            out: Its folder; None takes ``report`` in the folder of the study.

        Returns:
            The page ``report.html``.
        """
        from cwmi_seg.reporting.study_report import report_study
        from cwmi_seg.reporting.write import PAGE

        with raised_mistakes():
            folder = report_study(
                self.output, self.name, out=Path(out) if out else None, options=self._options(), wandb=False
            )
        return folder / PAGE

    def _options(self) -> "Options":
        from dataclasses import replace

        from cwmi_seg.reporting.analysis import Options

        return replace(Options.default(), baseline=self.baseline)

    def _analysis(self) -> "Analysis":
        from cwmi_seg.reporting.analysis import analyse
        from cwmi_seg.reporting.collect import collect

        with raised_mistakes():
            return analyse(collect(self.output, self.name), self._options())

    def __repr__(self) -> str:
        return f"Study({self.name!r}, {str(self.output)!r})"

    def _repr_html_(self) -> str:
        """For a notebook: the table of every dataset and model."""
        from cwmi_seg.reporting.tables import block_title, build_table, common_settings

        analysis = self._analysis()
        common = common_settings(analysis.records.runs)
        blocks = [build_table(analysis.of_block(block), block_title(block, common)) for block in analysis.blocks]
        return shown_blocks(self.name, blocks)
