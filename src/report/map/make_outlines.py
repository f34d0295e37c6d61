#!/usr/bin/env python3
"""Make outlines.json (world land + Japan as SVG path data) from Natural Earth.

Usage:
    python3 make_outlines.py PACKAGE_DIR [--date YYYY-MM-DD] [--out FILE]

PACKAGE_DIR is the unpacked npm package `world-atlas` 2.0.2 (the folder that
holds land-50m.json and countries-10m.json). Standard library only. The same
input and date always give the same bytes.
"""
import argparse
import datetime
import hashlib
import heapq
import json
import pathlib

# --- projections: both are plain equirectangular (linear in lat and lon) ----
# The world is cut at 169 deg W (Bering Strait), so Russia stays in one piece.
WORLD = {"width": 1000, "height": 480, "lon0": -169.0, "lat0": 84.0,
         "kx": 1000 / 360, "ky": 3.4}
JAPAN = {"width": 320, "height": 300, "lon0": 128.2, "lat0": 45.8,
         "kx": 15.4, "ky": 19.0}
# Nansei islands (Amami, Okinawa, Sakishima): same scale, only moved.
INSET = {"lat_below": 30.0, "dx": 96.0, "dy": -296.0,
         "box": {"x": 6, "y": 6, "width": 126, "height": 120}}

WORLD_BYTES = 43_000   # target size of all world paths
JAPAN_BYTES = 13_000   # target size of all Japan paths
WORLD_MIN_AREA = 0.3  # drop islands smaller than this, in viewBox units^2
JAPAN_MIN_AREA = 0.5


def project(p, lon, lat):
    return (lon - p["lon0"]) * p["kx"], (p["lat0"] - lat) * p["ky"]


def project_japan(lon, lat):
    x, y = project(JAPAN, lon, lat)
    if lat < INSET["lat_below"]:
        x, y = x + INSET["dx"], y + INSET["dy"]
    return x, y


# --- TopoJSON ---------------------------------------------------------------
def load_topology(path):
    raw = path.read_bytes()
    topo = json.loads(raw)
    (sx, sy), (tx, ty) = topo["transform"]["scale"], topo["transform"]["translate"]
    arcs = []
    for arc in topo["arcs"]:
        x = y = 0
        out = []
        for d in arc:
            x, y = x + d[0], y + d[1]
            out.append((x * sx + tx, y * sy + ty))
        arcs.append(out)
    return topo, arcs, hashlib.sha256(raw).hexdigest()


def polygons(geom, arcs):
    """Yield polygons: lists of rings, each a closed list of (lon, lat)."""
    kind = geom.get("type")
    if kind == "GeometryCollection":
        for g in geom["geometries"]:
            yield from polygons(g, arcs)
        return
    if kind == "Polygon":
        polys = [geom["arcs"]]
    elif kind == "MultiPolygon":
        polys = geom["arcs"]
    else:
        return
    for poly in polys:
        rings = []
        for ring in poly:
            pts = []
            for i in ring:
                a = arcs[i] if i >= 0 else arcs[~i][::-1]
                pts.extend(a if not pts else a[1:])
            rings.append(pts)
        yield rings


# --- geometry ---------------------------------------------------------------
def unwrap(ring, lon_min):
    """Rings of the source jump at 180 deg: make lon continuous, then move the
    whole ring by full turns so that its middle lies in lon_min .. lon_min+360.
    """
    out = [ring[0]]
    for lon, lat in ring[1:]:
        last = out[-1][0]
        out.append((lon + 360 * round((last - lon) / 360), lat))
    mid = (min(p[0] for p in out) + max(p[0] for p in out)) / 2
    turn = -360 * ((mid - lon_min) // 360)
    return [(lon + turn, lat) for lon, lat in out]


def area(pts):
    s = 0.0
    for (x1, y1), (x2, y2) in zip(pts, pts[1:] + pts[:1]):
        s += x1 * y2 - x2 * y1
    return abs(s) / 2


def triangle(a, b, c):
    return abs((b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1])) / 2


def visvalingam(pts):
    """Weight of every point of a ring; its last three points always stay."""
    n = len(pts)
    weight = [float("inf")] * n
    if n <= 3:
        return weight
    prev = [(i - 1) % n for i in range(n)]
    nxt = [(i + 1) % n for i in range(n)]
    cur = {}
    heap = []

    def push(i):
        cur[i] = triangle(pts[prev[i]], pts[i], pts[nxt[i]])
        heapq.heappush(heap, (cur[i], i))

    for i in range(n):
        push(i)
    left, floor, gone = n, 0.0, set()
    while heap and left > 3:
        w, i = heapq.heappop(heap)
        if i in gone or cur.get(i) != w:
            continue
        floor = max(floor, w)
        weight[i] = floor
        gone.add(i)
        left -= 1
        a, b = prev[i], nxt[i]
        nxt[a], prev[b] = b, a
        push(a)
        push(b)
    return weight


# --- SVG path data ----------------------------------------------------------
def num(tenths):
    sign = "-" if tenths < 0 else ""
    whole, frac = divmod(abs(tenths), 10)
    if not frac:
        return f"{sign}{whole}"
    return f"{sign}{whole or ''}.{frac}"


def join(numbers):
    out = ""
    for t in numbers:
        s = num(t)
        out += s if not out or s[0] == "-" else " " + s
    return out


def ring_path(pts):
    """Absolute start, relative lines; rounding never adds up. '' if too thin."""
    q = []
    for x, y in pts:
        p = (round(x * 10), round(y * 10))
        if not q or p != q[-1]:
            q.append(p)
    while len(q) > 1 and q[0] == q[-1]:
        q.pop()
    if len(q) < 3:
        return ""
    rel = []
    for a, b in zip(q, q[1:]):
        rel += [b[0] - a[0], b[1] - a[1]]
    return f"M{join(q[0])}l{join(rel)}z"


def prepare(polys, to_xy, min_area):
    out = []
    for rings in polys:
        done = []
        for k, ring in enumerate(rings):
            ll = ring[:-1] if ring[0] == ring[-1] else ring
            pts = [to_xy(*p) for p in ll]
            if area(pts) < min_area:
                if k == 0:
                    break
                continue
            done.append((pts, visvalingam(pts)))
        if done:
            out.append((area(done[0][0]), done))
    out.sort(key=lambda t: (-t[0], t[1][0][0][0]))
    return [d for _, d in out]


def render(prepared, threshold):
    paths = []
    for rings in prepared:
        d = ""
        for pts, w in rings:
            d += ring_path([p for p, v in zip(pts, w) if v >= threshold])
        if d:
            paths.append(d)
    return paths


def fit(prepared, budget):
    lo, hi = 0.0, 20.0
    for _ in range(40):
        mid = (lo + hi) / 2
        if sum(map(len, render(prepared, mid))) > budget:
            lo = mid
        else:
            hi = mid
    return hi


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("package_dir", type=pathlib.Path)
    ap.add_argument("--date", default=datetime.date.today().isoformat(),
                    help="date the package was obtained")
    ap.add_argument("--out", type=pathlib.Path,
                    default=pathlib.Path(__file__).with_name("outlines.json"))
    a = ap.parse_args()

    # World: all land, without Antarctica and what lies below the viewBox.
    topo, arcs, sha_world = load_topology(a.package_dir / "land-50m.json")
    floor = WORLD["lat0"] - WORLD["height"] / WORLD["ky"]
    land = [[unwrap(r, WORLD["lon0"]) for r in p]
            for p in polygons(topo["objects"]["land"], arcs)
            if min(lat for _, lat in p[0]) > floor]
    prep = prepare(land, lambda lon, lat: project(WORLD, lon, lat), WORLD_MIN_AREA)
    world_t = fit(prep, WORLD_BYTES)
    world = render(prep, world_t)

    # Japan: country 392; the southern Kurils are filed under 643 in the data.
    topo, arcs, sha_japan = load_topology(a.package_dir / "countries-10m.json")
    by_id = {}
    for g in topo["objects"]["countries"]["geometries"]:
        by_id.setdefault(g.get("id"), []).append(g)

    def rings_within(code, keep):
        return [p for g in by_id[code] for p in polygons(g, arcs)
                if all(keep(lon, lat) for lon, lat in p[0])]

    main_islands = rings_within("392", lambda lon, lat: lat >= 30.0 and lon < 147)
    nansei = rings_within("392", lambda lon, lat: lat < 30.0 and lon < 130.8)
    kurils = rings_within("643", lambda lon, lat: 145.2 < lon < 149.1
                          and 43.2 < lat < 45.7)
    preps = [prepare(p, project_japan, JAPAN_MIN_AREA if i != 1 else 0.2)
             for i, p in enumerate((main_islands, nansei, kurils))]
    japan_t = fit([r for p in preps for r in p], JAPAN_BYTES)
    main_d, nansei_d, kurils_d = (render(p, japan_t) for p in preps)

    doc = {
        "world": {"view_box": [0, 0, WORLD["width"], WORLD["height"]],
                  "fill_rule": "evenodd", "paths": world},
        "japan": {"view_box": [0, 0, JAPAN["width"], JAPAN["height"]],
                  "fill_rule": "evenodd", "paths": main_d,
                  "inset": {"name": "Nansei islands (Okinawa, Amami)",
                            "box": INSET["box"], "paths": nansei_d},
                  "southern_kurils": {
                      "note": "Kunashiri, Etorofu, Shikotan, Habomai: claimed by Japan, "
                              "filed under Russia in the dataset; kept apart so that the "
                              "caller decides whether and how to draw them.",
                      "paths": kurils_d}},
        "projection": {
            "world": {"name": "equirectangular (standard parallel about 35.2 deg)",
                      "lon0": WORLD["lon0"], "lat0": WORLD["lat0"],
                      "kx": round(WORLD["kx"], 9), "ky": WORLD["ky"],
                      "formula": "x = ((lon + 169) mod 360) * 1000 / 360, mod never negative; "
                                 "y = (84 - lat) * 3.4"},
            "japan": {"name": "equirectangular (standard parallel about 35.9 deg)",
                      "lon0": JAPAN["lon0"], "lat0": JAPAN["lat0"],
                      "kx": JAPAN["kx"], "ky": JAPAN["ky"],
                      "inset": {k: INSET[k] for k in ("lat_below", "dx", "dy")},
                      "formula": "x = (lon - 128.2) * 15.4; y = (45.8 - lat) * 19; "
                                 "if lat < 30 { x += 96; y -= 296 }"}},
        "source": {
            "dataset": "Natural Earth",
            "version": "4.1.0",
            "package": "world-atlas 2.0.2 (npm)",
            "scale": {"world": "1:50m land (land-50m.json)",
                      "japan": "1:10m admin-0 countries (countries-10m.json)"},
            "sha256": {"land-50m.json": sha_world, "countries-10m.json": sha_japan},
            "licence": "public domain (Natural Earth); packaging ISC (world-atlas)",
            "credit": "Made with Natural Earth.",
            "changes": "Antarctica and the smallest islands left out; simplified "
                       "(Visvalingam); projected; rounded to 1 decimal",
            "obtained": a.date},
    }
    text = json.dumps(doc, ensure_ascii=False, indent=1) + "\n"
    a.out.write_text(text, encoding="utf-8")

    size = lambda ps: sum(map(len, ps))
    print(f"world: {len(world)} paths, {size(world)} bytes, threshold {world_t:.3f}")
    print(f"japan: {len(main_d)}+{len(nansei_d)}+{len(kurils_d)} paths, "
          f"{size(main_d)}+{size(nansei_d)}+{size(kurils_d)} bytes, threshold {japan_t:.3f}")
    print(f"{a.out.name}: {len(text.encode())} bytes")


if __name__ == "__main__":
    main()
