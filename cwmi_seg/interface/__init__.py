"""The package from Python: configs, trainings, runs and studies as objects.

    config --train--> Run: .scores .images .epochs .network() .overlay()
    grid --sweep--> Study: .runs .scores .tests .report()

Everything here does what a command does, with the same folders: a run that was trained from a notebook is resumed by
``cwmi-train``, and read by ``cwmi-report``, and the other way round. All names are those of :mod:`cwmi_seg` itself,
which imports them when they are first used. A mistake is raised as :class:`cwmi_seg.Mistake`, with the line that the
command would print.
"""
