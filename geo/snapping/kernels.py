"""The loops of snapping, compiled: segments in buckets, lines not to be crossed, the nearest."""

from __future__ import annotations

import numba
import numpy as np

__all__ = ["bucket_kernel", "snap_all"]

_ON_BARRIER_M = 0.01  # the resolution of OSM's coordinates


@numba.njit(cache=True, nogil=True)
def bucket_kernel(xy, west, south, bucket, columns, rows):  # type: ignore[no-untyped-def]  # pragma: no cover
    ptr = np.zeros(columns * rows + 1, np.int64)
    spans = np.empty((xy.shape[0], 4), np.int32)
    for i in range(xy.shape[0]):
        x0 = min(xy[i, 0], xy[i, 2])
        x1 = max(xy[i, 0], xy[i, 2])
        y0 = min(xy[i, 1], xy[i, 3])
        y1 = max(xy[i, 1], xy[i, 3])
        c0 = int(np.floor((x0 - west) / bucket))
        c1 = int(np.floor((x1 - west) / bucket))
        r0 = int(np.floor((y0 - south) / bucket))
        r1 = int(np.floor((y1 - south) / bucket))
        spans[i, 0] = min(max(c0, 0), columns - 1)
        spans[i, 1] = min(max(c1, 0), columns - 1)
        spans[i, 2] = min(max(r0, 0), rows - 1)
        spans[i, 3] = min(max(r1, 0), rows - 1)
        for r in range(spans[i, 2], spans[i, 3] + 1):
            for c in range(spans[i, 0], spans[i, 1] + 1):
                ptr[r * columns + c + 1] += 1
    for b in range(columns * rows):
        ptr[b + 1] += ptr[b]
    listed = np.empty(ptr[-1], np.int32)
    fill = ptr[:-1].copy()
    for i in range(xy.shape[0]):
        for r in range(spans[i, 2], spans[i, 3] + 1):
            for c in range(spans[i, 0], spans[i, 1] + 1):
                b = r * columns + c
                listed[fill[b]] = i
                fill[b] += 1
    return ptr, listed


@numba.njit(cache=True, nogil=True)
def _crosses(px, py, qx, qy, west, south, bucket, columns, rows, ptr, listed, bars):  # type: ignore[no-untyped-def]  # pragma: no cover
    """1 where the line p–q passes from one side of a barrier segment to the other, 2 where it
    does not but q is on a barrier, 0 else."""
    touched = False
    c0 = max(int(np.floor((min(px, qx) - west) / bucket)), 0)
    c1 = min(int(np.floor((max(px, qx) - west) / bucket)), columns - 1)
    r0 = max(int(np.floor((min(py, qy) - south) / bucket)), 0)
    r1 = min(int(np.floor((max(py, qy) - south) / bucket)), rows - 1)
    for r in range(r0, r1 + 1):
        for c in range(c0, c1 + 1):
            b = r * columns + c
            for k in range(ptr[b], ptr[b + 1]):
                i = listed[k]
                ax, ay, bx, by = bars[i, 0], bars[i, 1], bars[i, 2], bars[i, 3]
                sp = (bx - ax) * (py - ay) - (by - ay) * (px - ax)
                sq = (bx - ax) * (qy - ay) - (by - ay) * (qx - ax)
                # An end on the barrier itself (a quay that is the shore) has crossed nothing.
                l2 = (bx - ax) ** 2 + (by - ay) ** 2
                if sq * sq <= _ON_BARRIER_M**2 * l2:
                    t = 0.0
                    if l2 > 0.0:
                        t = ((qx - ax) * (bx - ax) + (qy - ay) * (by - ay)) / l2
                        t = min(max(t, 0.0), 1.0)
                    dx, dy = ax + t * (bx - ax) - qx, ay + t * (by - ay) - qy
                    if dx * dx + dy * dy <= _ON_BARRIER_M**2:
                        touched = True
                        continue
                if not ((sp > 0.0 and sq < 0.0) or (sp < 0.0 and sq > 0.0)):
                    continue
                sa = (qx - px) * (ay - py) - (qy - py) * (ax - px)
                sb = (qx - px) * (by - py) - (qy - py) * (bx - px)
                if (sa <= 0.0 and sb >= 0.0) or (sa >= 0.0 and sb <= 0.0):
                    return 1
    return 2 if touched else 0


@numba.njit(cache=True, nogil=True)
def snap_all(  # type: ignore[no-untyped-def]  # pragma: no cover
    xy, reach, west, south, bucket, columns, rows,
    seg_ptr, seg_list, seg_xy, seg_edge, seg_from, seg_to,
    bar_ptr, bar_list, bar_xy, from_water,
):  # fmt: skip
    """Search rings of buckets around each point until nothing nearer can come."""
    n = xy.shape[0]
    edge = np.full(n, -1, np.int32)
    share = np.full(n, np.nan)
    access = np.full(n, np.nan)
    out_x = np.full(n, np.nan)
    out_y = np.full(n, np.nan)
    blocked = np.zeros(n, np.bool_)
    on_shore = np.zeros(n, np.bool_)
    has_bars = bar_ptr[-1] > 0
    for i in range(n):
        px, py = xy[i, 0], xy[i, 1]
        if not (np.isfinite(px) and np.isfinite(py)):
            continue
        off_x = max(west - px, px - west - columns * bucket)
        off_y = max(south - py, py - south - rows * bucket)
        if max(off_x, off_y) > reach:
            continue
        pc = int(np.floor((px - west) / bucket))
        pr = int(np.floor((py - south) / bucket))
        best = reach * reach
        margin = min(
            px - (west + pc * bucket), west + (pc + 1) * bucket - px,
            py - (south + pr * bucket), south + (pr + 1) * bucket - py,
        )  # fmt: skip
        ring = 0
        while ring == 0 or ((ring - 1) * bucket + margin) ** 2 <= best:
            for r in range(max(pr - ring, 0), min(pr + ring, rows - 1) + 1):
                step = 1 if (r == pr - ring or r == pr + ring) else max(2 * ring, 1)
                for c in range(pc - ring, pc + ring + 1, step):
                    if c < 0 or c >= columns:
                        continue
                    b = r * columns + c
                    for k in range(seg_ptr[b], seg_ptr[b + 1]):
                        s = seg_list[k]
                        x0, y0, x1, y1 = seg_xy[s, 0], seg_xy[s, 1], seg_xy[s, 2], seg_xy[s, 3]
                        dx, dy = x1 - x0, y1 - y0
                        l2 = dx * dx + dy * dy
                        t = 0.0
                        if l2 > 0.0:
                            t = ((px - x0) * dx + (py - y0) * dy) / l2
                        if t <= 0.0:
                            t, qx, qy = 0.0, x0, y0
                        elif t >= 1.0:
                            t, qx, qy = 1.0, x1, y1
                        else:
                            qx, qy = x0 + t * dx, y0 + t * dy
                        d2 = (px - qx) ** 2 + (py - qy) ** 2
                        if d2 > best or (d2 == best and 0 <= edge[i] <= seg_edge[s]):
                            continue
                        way = 0
                        if has_bars and d2 > _ON_BARRIER_M**2:
                            way = _crosses(
                                px, py, qx, qy, west, south, bucket, columns, rows,
                                bar_ptr, bar_list, bar_xy,
                            )  # fmt: skip
                        if way == 1 or (way == 2 and from_water):
                            blocked[i] = True
                            continue
                        on_shore[i] = way == 2
                        best = d2
                        edge[i] = seg_edge[s]
                        # Within a millimetre of a junction is at it: rounding must not put a
                        # point behind the entrance of a one-way.
                        if t * t * l2 <= 1e-6:
                            share[i] = seg_from[s]
                        elif (1.0 - t) ** 2 * l2 <= 1e-6:
                            share[i] = seg_to[s]
                        else:
                            share[i] = seg_from[s] + t * (seg_to[s] - seg_from[s])
                        out_x[i], out_y[i] = qx, qy
            ring += 1
        if edge[i] >= 0:
            access[i] = np.sqrt(best)
            blocked[i] = False
    return edge, share, access, out_x, out_y, blocked, on_shore
