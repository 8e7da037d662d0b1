"""One run: what it is built of, how it is trained and tested, what a person reads of it meanwhile."""
