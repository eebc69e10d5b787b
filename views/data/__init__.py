"""The page 数据: files of points, areas and networks looked at, mended, and put to use."""
