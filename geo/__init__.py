"""The ground: points, datums, walking networks, search, coverage and formats."""
