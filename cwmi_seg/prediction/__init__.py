"""Masks for images of any size and number, from one trained network or several.

    files --inputs--> pages H W I --tiles--> network(s) --blend--> strips of probabilities C h W --outputs--> files

Nothing here knows a network or a dataset by name. The largest thing held in memory is the decoded image, its mask
and its 16-bit probabilities; probabilities in floating point exist for one row of tiles at a time.
"""
