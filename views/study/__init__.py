"""The page 研学线路: choosing a line, its map and timetable, what to take away."""
