"""Which mask belongs to which image of a folder that nobody has prepared for.

    paths --look--> one reading of the folder --patterns or a table--> pairs of image and mask

A reading is always one that a person can write down too: two patterns of paths
(:mod:`~cwmi_seg.datasets.layouts.pattern`) or a table (:mod:`~cwmi_seg.datasets.layouts.tables`). Where two are
possible none is taken.
"""
