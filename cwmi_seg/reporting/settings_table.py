"""The settings of the runs as the records have them: which are the same for all, and which differ between what."""

from dataclasses import dataclass

from cwmi_seg.reporting.aggregate import BLOCK
from cwmi_seg.reporting.analysis import Analysis
from cwmi_seg.reporting.records import EXTERNAL, SETTING


@dataclass(frozen=True)
class Settings:
    """Settings of a study.

    Args:
        common: Key and value of those that all finished runs share.
        differing: Key, and each value with the blocks or losses that have it, of the others.
        sentence: What differs within a block.
    """

    common: tuple[tuple[str, str], ...]
    differing: tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
    sentence: str


def settings_table(analysis: Analysis, titles: list[str]) -> Settings:
    """Sort the recorded settings of the finished runs.

    Args:
        analysis: The statistics of the study.
        titles: Titles of its blocks.
    """
    done = analysis.records.done
    done = done[~done["run"].str.startswith(EXTERNAL)]
    columns = [name for name in done.columns if name.startswith(SETTING) and done[name].notna().any()]
    names = dict(zip(analysis.blocks, titles, strict=True))
    title = [names[tuple(block)] for block in done[BLOCK].to_numpy().tolist()]
    common, differing, within = [], [], False
    for column in columns:
        key, values = column.removeprefix(SETTING), done[column].fillna("not recorded").astype(str)
        if values.nunique() == 1:
            common.append((key, values.iloc[0]))
            continue
        by_block = values.groupby(title).nunique()
        within = within or bool((by_block > 1).any())
        who = [f"{t}, {label}" if by_block[t] > 1 else t for t, label in zip(title, done["label"], strict=True)]
        parts = [(value, "; ".join(sorted({who[i] for i in values.index.get_indexer(own.index)})))
                 for value, own in values.groupby(values)]  # fmt: skip
        differing.append((key, tuple(parts)))
    return Settings(tuple(common), tuple(differing), _sentence(within, len(titles)))


def _sentence(within: bool, num_blocks: int) -> str:
    """What differs within a block, if there are several, or else in the study."""
    if within:
        return f"Some recorded settings differ between the losses{' of one block' * (num_blocks > 1)}; see the table."
    runs = "The runs" if num_blocks == 1 else "Within each block the runs"
    return f"{runs} differ in the loss, the fold and the seed alone."
