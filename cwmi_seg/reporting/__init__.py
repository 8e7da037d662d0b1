"""The report on a study: records of its runs, statistics, tables, figures and the page that shows them.

``collect`` reads the run folders into :class:`~cwmi_seg.reporting.records.Records`; everything else works from
these tables alone, so that a report can be made again from the csv files that it exports.
"""
