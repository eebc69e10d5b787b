"""Points → positions on edges: the nearest allowed edge, the offset along it, the access distance.

A point joins an edge, not a junction, so that half a block counts as half a block. What may be
joined is settled question 2; that the straight access line may not cross water, question 3.
"""

from geo.snapping.index import (
    MIN_COMPONENT_M,
    SnapIndex,
    Snapped,
    WaterMask,
    build_index,
    snap,
    snappable_edges,
)

__all__ = [
    "MIN_COMPONENT_M",
    "SnapIndex",
    "Snapped",
    "WaterMask",
    "build_index",
    "snap",
    "snappable_edges",
]
