"""Losses, metrics and experiments for the segmentation of thin structures, around the CWMI loss."""

__version__ = "0.1.0"
