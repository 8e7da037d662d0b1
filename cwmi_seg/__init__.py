"""Segmentation losses that keep thin structures, and the experiments to compare them."""
