"""Scores of trained runs and of masks made by anyone's code, image by image."""
