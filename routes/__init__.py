"""Study lines: choosing, ordering, timetable, directions and sheets, built on `geo`.

The rooms arrive with the study lines themselves; this package holds nothing yet.
"""
