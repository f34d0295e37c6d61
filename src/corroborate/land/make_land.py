#!/usr/bin/env python3
"""Make land.json (Japan's land as a grid, and the nearest land of all others) from Natural Earth.

Usage:
    python3 make_land.py PACKAGE_DIR [--date YYYY-MM-DD] [--out FILE] [--points N]

PACKAGE_DIR is the unpacked npm package `world-atlas` 2.0.2 (the folder that
holds countries-10m.json). Standard library only. The same input and date
always give the same bytes. Takes several minutes, most of them measuring.
"""
import argparse
import datetime
import json
import math
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "report" / "map"))
from make_outlines import load_topology, polygons  # noqa: E402

JAPAN = "392"
STEP = 10          # grid points a degree
EDGE_KM = 2.0      # edges of coasts and borders are cut into pieces no longer
NEAR_ENOUGH = 0.05 # a further point is kept only where it is nearer by more, in km
NEAR_KM = 3000.0   # countries nearer than this are measured at every random point
ROCKS = (37.24, 131.87, 0.1)  # Takeshima: see README.md
# Land that the source leaves out and that lies on Japan's side of what it has: latitude, longitude.
ISLETS = {
    "KR": [(37.528, 130.938), (35.052, 129.087), (34.540, 128.730)],  # Jukdo, Taejongdae, Hongdo
    "RU": [(43.397, 145.859), (45.790, 142.220), (46.250, 141.250)],  # Kaigara, Kamen Opasnosti, Moneron
    "TW": [(25.628, 122.079), (24.842, 121.951)],                     # Pengjia, Guishan
}

# ISO 3166-1, numeric to alpha-2, for the features that have a number.
CODES = """
004AF 008AL 010AQ 012DZ 016AS 020AD 024AO 028AG 031AZ 032AR 036AU 040AT 044BS 048BH 050BD 051AM 052BB
056BE 060BM 064BT 068BO 070BA 072BW 076BR 084BZ 086IO 090SB 092VG 096BN 100BG 104MM 108BI 112BY 116KH
120CM 124CA 132CV 136KY 140CF 144LK 148TD 152CL 156CN 158TW 170CO 174KM 178CG 180CD 184CK 188CR 191HR
192CU 196CY 203CZ 204BJ 208DK 212DM 214DO 218EC 222SV 226GQ 231ET 232ER 233EE 234FO 238FK 239GS 242FJ
246FI 248AX 250FR 258PF 260TF 262DJ 266GA 268GE 270GM 275PS 276DE 288GH 292GI 296KI 300GR 304GL 308GD
316GU 320GT 324GN 328GY 332HT 334HM 336VA 340HN 344HK 348HU 352IS 356IN 360ID 364IR 368IQ 372IE 376IL
380IT 384CI 388JM 392JP 398KZ 400JO 404KE 408KP 410KR 414KW 417KG 418LA 422LB 426LS 428LV 430LR 434LY
438LI 440LT 442LU 446MO 450MG 454MW 458MY 462MV 466ML 470MT 478MR 480MU 484MX 492MC 496MN 498MD 499ME
500MS 504MA 508MZ 512OM 516NA 520NR 524NP 528NL 531CW 533AW 534SX 540NC 548VU 554NZ 558NI 562NE 566NG
570NU 574NF 578NO 580MP 581UM 583FM 584MH 585PW 586PK 591PA 598PG 600PY 604PE 608PH 612PN 616PL 620PT
624GW 626TL 630PR 634QA 642RO 643RU 646RW 652BL 654SH 659KN 660AI 662LC 663MF 666PM 670VC 674SM 678ST
682SA 686SN 688RS 690SC 694SL 702SG 703SK 704VN 705SI 706SO 710ZA 716ZW 724ES 728SS 729SD 732EH 740SR
748SZ 752SE 756CH 760SY 762TJ 764TH 768TG 776TO 780TT 784AE 788TN 792TR 795TM 796TC 798TV 800UG 804UA
807MK 818EG 826GB 831GG 832JE 833IM 834TZ 840US 850VI 854BF 858UY 860UZ 862VE 876WF 882WS 887YE 894ZM
"""
# Features without a number. What several states claim goes by its name.
NAMED = {"Dhekelia": "GB", "Akrotiri": "GB", "Kosovo": "XK", "USNB Guantanamo Bay": "US",
         "Baikonur": "KZ", "Indian Ocean Ter.": "AU", "Coral Sea Is.": "AU", "Clipperton I.": "FR"}


def straight(lat, lon):
    """A point of the ellipsoid (WGS 84) in space, in km."""
    a, f = 6378.137, 1 / 298.257223563
    e2 = f * (2 - f)
    p, l = math.radians(lat), math.radians(lon)
    n = a / math.sqrt(1 - e2 * math.sin(p) ** 2)
    return n * math.cos(p) * math.cos(l), n * math.cos(p) * math.sin(l), n * (1 - e2) * math.sin(p)


def cut(ring):
    """The points of a ring, edges cut into pieces."""
    last = None
    for lon, lat in ring:
        if last is not None:
            lon0, lat0 = last
            dy, dx = (lat - lat0) * 111.2, (lon - lon0) * 111.4 * math.cos(math.radians(lat))
            pieces = min(max(1, math.ceil(math.hypot(dx, dy) / EDGE_KM)), 20000)
            for k in range(1, pieces):
                yield lat0 + (lat - lat0) * k / pieces, lon0 + (lon - lon0) * k / pieces
        yield lat, lon
        last = lon, lat


# --- the nearest of many points: a tree of balls in space --------------------
def tree(points):
    low, high = ([f(p[k] for p in points) for k in range(3)] for f in (min, max))
    middle = [(one + other) / 2 for one, other in zip(low, high)]
    radius = max(math.dist(middle, p[:3]) for p in points)
    if len(points) <= 12:
        return *middle, radius, points, None
    k = max(range(3), key=lambda k: high[k] - low[k])
    points.sort(key=lambda p: p[k])
    half = len(points) // 2
    return *middle, radius, tree(points[:half]), tree(points[half:])


def nearest(root, x, y, z, best):
    """(distance, point) nearer than `best`, or `best`."""
    at = x, y, z
    stack = [(0.0, root)]
    while stack:
        gap, node = stack.pop()
        if gap >= best[0]:
            continue
        _, _, _, _, one, other = node
        if other is None:
            for p in one:
                d = math.dist(at, p[:3])
                if d < best[0]:
                    best = d, p
            continue
        gaps = [(math.dist(at, n[:3]) - n[3], n) for n in (one, other)]
        if gaps[0][0] < gaps[1][0]:
            gaps.reverse()
        stack += [pair for pair in gaps if pair[0] < best[0]]
    return best


def among(kept, x, y, z):
    return math.sqrt(min((p[0] - x) ** 2 + (p[1] - y) ** 2 + (p[2] - z) ** 2 for p in kept))


# --- Japan ------------------------------------------------------------------
class Land:
    """Whether a point is on land: edges by rows of a tenth of a degree."""

    def __init__(self, rings):
        self.rows = {}
        for ring in rings:
            for (x1, y1), (x2, y2) in zip(ring, ring[1:]):
                for row in range(math.floor(min(y1, y2) * 10), math.floor(max(y1, y2) * 10) + 1):
                    self.rows.setdefault(row, []).append((x1, y1, x2, y2))

    def holds(self, lat, lon):
        inside = False
        for x1, y1, x2, y2 in self.rows.get(math.floor(lat * 10), ()):
            if (y1 > lat) != (y2 > lat) and lon < (x2 - x1) * (lat - y1) / (y2 - y1) + x1:
                inside = not inside
        return inside


def cells(rings, land):
    """Every grid point whose square of one step has land in it."""
    found = set()
    for ring in rings:
        found.update((round(lat * STEP), round(lon * STEP)) for lat, lon in cut(ring))
    rows = {row for row, _ in found}
    for row in range(min(rows), max(rows) + 1):
        columns = [column for r, column in found if abs(r - row) <= 1]
        for column in range(min(columns, default=0), max(columns, default=-1) + 1):
            if land.holds(row / STEP, column / STEP):
                found.add((row, column))
    return sorted(found)


def runs(found):
    """Rows as [row, [first column, how many, first column, how many, …]]."""
    rows = []
    for row, column in found:
        if not rows or rows[-1][0] != row:
            rows.append([row, []])
        last = rows[-1][1]
        if last and last[-2] + last[-1] == column:
            last[-1] += 1
        else:
            last += [column, 1]
    return rows


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("package_dir", type=pathlib.Path)
    ap.add_argument("--date", default=datetime.date.today().isoformat(),
                    help="date the package was obtained")
    ap.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).with_name("land.json"))
    ap.add_argument("--points", type=int, default=100_000, help="random points of Japan's land to measure at")
    a = ap.parse_args()

    topo, arcs, sha = load_topology(a.package_dir / "countries-10m.json")
    codes = {word[:3]: word[3:] for word in CODES.split()}
    japan, coasts, names = [], {}, {}
    for feature in topo["objects"]["countries"]["geometries"]:
        name = feature["properties"]["name"]
        rings = [ring for polygon in polygons(feature, arcs) for ring in polygon]
        if feature.get("id") == JAPAN:
            japan += rings
            continue
        code = codes.get(feature.get("id"))
        if code:
            names.setdefault(code, name)
        else:
            code = NAMED.get(name, name)
            if len(code) > 2 or code == "XK":
                names[code] = name
        for ring in rings:
            lat, lon, within = ROCKS
            if all(abs(y - lat) < within and abs(x - lon) < within for x, y in ring):
                print(f"left out: rocks of {name} at {ring[0]}")
                continue
            coasts.setdefault(code, []).extend(cut(ring))
    for code, islets in ISLETS.items():
        coasts[code].extend(islets)
    land = Land(japan)
    grid = cells(japan, land)
    print(f"{len(grid)} cells of Japan's land, {len(coasts)} others, {sum(map(len, coasts.values()))} points")

    # For every cell and its corners the nearest point of every other country, unless one that is kept is as near.
    rows, trees = [], {}
    at = [straight(row / STEP, column / STEP) for row, column in grid]
    corners = {(row + up, column + right) for row, column in grid for up in (-0.5, 0.5) for right in (-0.5, 0.5)}
    at += [straight(row / STEP, column / STEP) for row, column in sorted(corners)]
    for code in sorted(coasts):
        points = {}
        for lat, lon in coasts[code]:
            points[(round(lat, 3), round(lon, 3))] = None
        trees[code] = tree([(*straight(*p), p) for p in points])
        kept, least = [], math.inf
        far = nearest(trees[code], *at[0], (math.inf, None))[0] > 2 * NEAR_KM
        for x, y, z in at[::20] if far else at:
            have = among(kept, x, y, z) if kept else math.inf
            distance, point = nearest(trees[code], x, y, z, (have - NEAR_ENOUGH, None))
            if point is not None:
                kept.append(point)
            least = min(least, have, distance)
        rows.append((code, kept, least))
    print(f"{sum(len(kept) for _, kept, _ in rows)} points kept")

    # How much farther than the truth the kept points say a country is.
    chance = random.Random(20261130)
    worst, measured, farthest = {}, 0, 0.0
    on_grid = set(grid)
    while measured < a.points:
        row, column = chance.choice(grid)
        lat, lon = (row + chance.random() - 0.5) / STEP, (column + chance.random() - 0.5) / STEP
        if not land.holds(lat, lon):
            continue
        assert (round(lat * STEP), round(lon * STEP)) in on_grid
        x, y, z = straight(lat, lon)
        for code, kept, least in rows:
            if least > NEAR_KM and measured % 50:
                continue
            have = among(kept, x, y, z)
            error = have - nearest(trees[code], x, y, z, (have, None))[0]
            worst[code] = max(worst.get(code, 0.0), error)
        measured += 1
    largest = max(worst.values())
    for code, error in sorted(worst.items(), key=lambda entry: -entry[1])[:8]:
        print(f"  {code}: {error:.3f} km")

    doc = {
        "home": {"country": "JP", "steps_a_degree": STEP, "rows": "@ROWS@"},
        "foreign": "@FOREIGN@",
        "largest_error_km": math.ceil(largest * 1000) / 1000,
        "measured_at": a.points,
        "source": {
            "dataset": "Natural Earth", "version": "4.1.0", "package": "world-atlas 2.0.2 (npm)",
            "scale": "1:10m admin-0 countries (countries-10m.json)", "sha256": sha,
            "licence": "public domain (Natural Earth); packaging ISC (world-atlas)",
            "credit": "Made with Natural Earth.",
            "changes": "Japan's land on a grid; of every other land the points that are nearest to it; Takeshima left out; eight islets added",
            "obtained": a.date},
    }
    compact = lambda value: json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    listed = [{"country": code, "name": names[code], "points": [list(p[3]) for p in kept]}
              for code, kept, _ in rows]
    text = json.dumps(doc, ensure_ascii=False, indent=1)
    text = text.replace('"@ROWS@"', "[\n" + ",\n".join(map(compact, runs(grid))) + "]")
    text = text.replace('"@FOREIGN@"', "[\n" + ",\n".join(map(compact, listed)) + "]") + "\n"
    a.out.write_text(text, encoding="utf-8")
    print(f"{a.out.name}: {len(text.encode())} bytes, largest error {largest:.3f} km at {measured} points")


if __name__ == "__main__":
    main()
