"""Shortest times over a network: the only shortest-path code.

Numba kernels over CSR arrays. Bounded searches are Dijkstra's (1959) with a heap of four children a
node and lazy deletion: they touch only what they reach. The search that touches every junction
keeps them in buckets (Dial 1969), corrected within a bucket. Times are in whatever unit the costs
are (seconds, metres). Unreachable is NaN, never a number.
"""

from geo.search.kernels import doubled
from geo.search.searches import (
    Graph,
    Path,
    Reach,
    Seeds,
    graph_along,
    graph_towards,
    search_each,
    search_nearest,
    shortest_path,
)

__all__ = [
    "Graph",
    "Path",
    "Reach",
    "Seeds",
    "doubled",
    "graph_along",
    "graph_towards",
    "search_each",
    "search_nearest",
    "shortest_path",
]
