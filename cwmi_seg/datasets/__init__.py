"""Datasets; a sample is a dict with ``image`` I H W (float32), ``target`` H W (int64) and ``name``."""
