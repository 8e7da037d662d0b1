"""Lightning callbacks; ``conf/callbacks/default.yaml`` names those that a run gets."""
