"""The loops of the searches, compiled: heaps of four children a node, buckets, and ways back."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["bounded", "doubled", "nearest", "path"]


@numba.njit(cache=True, nogil=True, inline="always")
def _sift_up(keys, nodes, i):  # type: ignore[no-untyped-def]  # pragma: no cover
    key = keys[i]
    node = nodes[i]
    while i > 0:
        parent = (i - 1) >> 2
        if keys[parent] <= key:
            break
        keys[i] = keys[parent]
        nodes[i] = nodes[parent]
        i = parent
    keys[i] = key
    nodes[i] = node


@numba.njit(cache=True, nogil=True, inline="always")
def _sift_down(keys, nodes, size):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Restore the heap after its last entry was put at the root."""
    key = keys[0]
    node = nodes[0]
    i = 0
    while True:
        first = 4 * i + 1
        if first >= size:
            break
        child = first
        least = keys[first]
        for other in range(first + 1, min(first + 4, size)):
            if keys[other] < least:
                least = keys[other]
                child = other
        if key <= least:
            break
        keys[i] = least
        nodes[i] = nodes[child]
        i = child
    keys[i] = key
    nodes[i] = node


@numba.njit(cache=True, nogil=True)
def doubled(old):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Return a copy of an array with room for as many again; for kernels whose result grows."""
    new = np.empty(old.size * 2, old.dtype)
    new[: old.size] = old
    return new


@numba.njit(cache=True, nogil=True)
def bounded(indptr, heads, costs, seed_ptr, seed_node, seed_cost, first, last, limit):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Search from sources first:last apart; return counts, nodes and costs, in order of touch."""
    n = indptr.size - 1
    dist = np.full(n, np.inf)
    touched = np.empty(n, np.int32)
    keys = np.empty(1024)
    nodes = np.empty(1024, np.int32)
    counts = np.zeros(last - first, np.int64)
    out_node = np.empty(4096, np.int32)
    out_cost = np.empty(4096)
    filled = 0
    for source in range(first, last):
        size = 0
        found = 0
        for k in range(seed_ptr[source], seed_ptr[source + 1]):
            a = seed_node[k]
            d = seed_cost[k]
            if d <= limit and d < dist[a]:
                if dist[a] == np.inf:
                    touched[found] = a
                    found += 1
                dist[a] = d
                if size == keys.size:
                    keys = doubled(keys)
                    nodes = doubled(nodes)
                keys[size] = d
                nodes[size] = a
                _sift_up(keys, nodes, size)
                size += 1
        while size > 0:
            d = keys[0]
            a = nodes[0]
            size -= 1
            if size > 0:
                keys[0] = keys[size]
                nodes[0] = nodes[size]
                _sift_down(keys, nodes, size)
            if d > dist[a]:
                continue
            for k in range(indptr[a], indptr[a + 1]):
                nd = d + costs[k]
                b = heads[k]
                if nd <= limit and nd < dist[b]:
                    if dist[b] == np.inf:
                        touched[found] = b
                        found += 1
                    dist[b] = nd
                    if size == keys.size:
                        keys = doubled(keys)
                        nodes = doubled(nodes)
                    keys[size] = nd
                    nodes[size] = b
                    _sift_up(keys, nodes, size)
                    size += 1
        while filled + found > out_node.size:
            out_node = doubled(out_node)
            out_cost = doubled(out_cost)
        for i in range(found):
            a = touched[i]
            out_node[filled] = a
            out_cost[filled] = dist[a]
            filled += 1
            dist[a] = np.inf
        counts[source - first] = found
    return counts, out_node[:filled].copy(), out_cost[:filled].copy()


@numba.njit(cache=True, nogil=True)
def nearest(indptr, heads, costs, seed_node, seed_cost, seed_source, limit, width, count):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Multi-source search in a ring of buckets; a tie goes to the lower source.

    A bucket holds the junctions whose cost falls into one `width`, as a linked list. Within a
    bucket junctions may be set more than once; the result is the same as a heap's.
    """
    n = indptr.size - 1
    dist = np.full(n, np.inf)
    label = np.full(n, -1, np.int32)
    first = np.full(count, -1, np.int32)
    node = np.empty(max(1024, 2 * seed_node.size), np.int32)
    after = np.empty(node.size, np.int32)
    free = -1
    used = 0
    waiting = 0
    lowest = np.inf
    for k in range(seed_node.size):
        a = seed_node[k]
        d = seed_cost[k]
        if d > limit or d == np.inf:
            continue
        if d < dist[a] or (d == dist[a] and seed_source[k] < label[a]):
            dist[a] = d
            label[a] = seed_source[k]
            slot = int(d / width) % count
            node[used] = a
            after[used] = first[slot]
            first[slot] = used
            used += 1
            waiting += 1
            lowest = min(lowest, d)
    bucket = int(lowest / width) if waiting > 0 else 0
    while waiting > 0:
        slot = bucket % count
        while first[slot] >= 0:
            entry = first[slot]
            first[slot] = after[entry]
            after[entry] = free
            free = entry
            waiting -= 1
            a = node[entry]
            d = dist[a]
            if int(d / width) != bucket:  # found again nearer, and done there
                continue
            for k in range(indptr[a], indptr[a + 1]):
                nd = d + costs[k]
                if nd > limit or nd == np.inf:
                    continue
                b = heads[k]
                if nd < dist[b] or (nd == dist[b] and label[a] < label[b]):
                    dist[b] = nd
                    label[b] = label[a]
                    if free >= 0:
                        entry = free
                        free = after[entry]
                    else:
                        if used == node.size:
                            node = doubled(node)
                            after = doubled(after)
                        entry = used
                        used += 1
                    target = int(nd / width) % count
                    node[entry] = b
                    after[entry] = first[target]
                    first[target] = entry
                    waiting += 1
        bucket += 1
    return dist, label


@numba.njit(cache=True, nogil=True)
def path(indptr, heads, costs, start_node, start_cost, goal_node, goal_cost):  # type: ignore[no-untyped-def]  # pragma: no cover
    """Search until no open junction can still lead to a cheaper goal; return cost, nodes, arcs."""
    n = indptr.size - 1
    dist = np.full(n, np.inf)
    by_arc = np.full(n, -1, np.int64)
    before = np.full(n, -1, np.int32)
    ends = np.full(n, np.inf)
    for k in range(goal_node.size):
        ends[goal_node[k]] = min(ends[goal_node[k]], goal_cost[k])
    keys = np.empty(1024)
    nodes = np.empty(1024, np.int32)
    size = 0
    for k in range(start_node.size):
        a = start_node[k]
        if start_cost[k] < dist[a]:
            dist[a] = start_cost[k]
            if size == keys.size:
                keys = doubled(keys)
                nodes = doubled(nodes)
            keys[size] = dist[a]
            nodes[size] = a
            _sift_up(keys, nodes, size)
            size += 1
    best = np.inf
    last = -1
    while size > 0 and keys[0] < best:
        d = keys[0]
        a = nodes[0]
        size -= 1
        if size > 0:
            keys[0] = keys[size]
            nodes[0] = nodes[size]
            _sift_down(keys, nodes, size)
        if d > dist[a]:
            continue
        if d + ends[a] < best:
            best = d + ends[a]
            last = a
        for k in range(indptr[a], indptr[a + 1]):
            nd = d + costs[k]
            b = heads[k]
            if nd < dist[b]:
                dist[b] = nd
                by_arc[b] = k
                before[b] = a
                if size == keys.size:
                    keys = doubled(keys)
                    nodes = doubled(nodes)
                keys[size] = nd
                nodes[size] = b
                _sift_up(keys, nodes, size)
                size += 1
    length = 0
    a = last
    while a >= 0:
        length += 1
        a = before[a]
    path = np.empty(length, np.int32)
    arcs = np.empty(max(length - 1, 0), np.int64)
    a = last
    for i in range(length - 1, -1, -1):
        path[i] = a
        if i > 0:
            arcs[i - 1] = by_arc[a]
        a = before[a]
    return best, path, arcs
