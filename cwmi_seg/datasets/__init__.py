"""Datasets: one file for each raw layout, one way to write and read what was prepared from it.

A preparer is an object ``preparer(raw: Path) -> RawDataset`` (:mod:`cwmi_seg.datasets.raw`): it finds the files of
one raw layout and says how to read an image (H W I, uint8 or uint16) and its mask (H W, class indices). Checks,
conversion to ``images/*.png`` and ``masks/*.png``, statistics and report are the same for all
(:mod:`cwmi_seg.datasets.writer`). Of volumes it is a ``RawVolumes`` (:mod:`cwmi_seg.datasets.raw_volumes`), which
:mod:`cwmi_seg.datasets.volume_writer` writes slab by slab. Class 1 is the structure (vessel, membrane, road, mortar).

Training reads an ``ImageSource`` (:mod:`cwmi_seg.datasets.info`): prepared files or a generator.
"""
