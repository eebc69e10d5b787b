"""Connected components over a chosen set of edges, and how long each is."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.network.model import FloatArray, IntArray, WalkNetwork

__all__ = ["components"]


def components(network: WalkNetwork, allowed: npt.NDArray[np.bool_]) -> tuple[IntArray, FloatArray]:
    """Return the component of every junction and the length of every component.

    Directions are ignored (weak components): a one-way stair still belongs to its surroundings.

    Parameters
    ----------
    network
        The network.
    allowed
        (m,) edges that count.

    Returns
    -------
    tuple
        (n,) int32 component, numbered by falling length, and (c,) its length in metres.
    """
    from geo.network.joining import joined

    u, v = network.edge_u[allowed], network.edge_v[allowed]
    count, label = joined(network.n_nodes, u, v)
    length = np.bincount(label[u], weights=network.edge_length_m[allowed], minlength=count)
    order = np.argsort(-length, kind="stable")
    rank = np.empty(count, dtype=np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    return rank[label], np.asarray(length[order], dtype=np.float64)
