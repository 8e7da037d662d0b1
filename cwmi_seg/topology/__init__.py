"""Topology of masks and volumes, for losses, weight maps and metrics alike: components, skeletons, persistence."""
