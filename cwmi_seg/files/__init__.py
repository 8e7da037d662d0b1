"""Small files that a reader never sees half written, and that may come from a stranger: JSON, csv, YAML, names, text."""
