"""Files of volumes, one module for each format, all read in one way: opened, described, and cut into slabs.

``open_volume(path, axes, key)`` (:mod:`cwmi_seg.datasets.volume_files.opening`) gives a ``Volume`` with the axes depth,
height, width, channel, whatever their order in the file. A module of a format opens a file as a ``StoredVolume``: what
the file says, and a way to read a part of it. No file is read whole where its format allows to read a part; nothing is
read before the declared sizes are checked.
"""
