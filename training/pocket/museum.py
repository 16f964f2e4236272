"""Drawings of what stands in museums: SVG of 256 pixels, by variant 0 to 2."""

import math
import random

from training.pocket.strokes import block, line, oval, path, shade, tile

MARBLE = (("#a9a9b4", "#f7f6f2"), ("#b3a892", "#fbf3e2"), ("#9aa6ae", "#f1f6f8"))


def vase(v: int) -> str:
    """A vase with a painted band and flowers on it."""
    dark, light, paint = (
        ("#9fb6d0", "#ffffff", "#1f4fa0"),
        ("#2d6a5a", "#7fd0b4", "#f2d27a"),
        ("#7a2f3a", "#e08a86", "#fbe6c8"),
    )[v]
    body = (
        "M100 30 H156 C150 62 166 78 188 112 C206 148 190 206 158 234 H98 C66 206 50 148 68 112 C90 78 106 62 100 30Z",
        "M96 28 H160 C146 70 150 88 172 108 C206 140 186 214 154 236 H102 C70 214 50 140 84 108 C106 88 110 70 96 28Z",
        "M104 26 H152 L146 92 C186 104 198 140 184 178 C176 206 160 222 152 234 "
        "H104 C96 222 80 206 72 178 C58 140 70 104 110 92Z",
    )[v]
    flowers = "".join(
        oval(x + 13 * math.cos(a), 158 + 13 * math.sin(a), 9, 6, paint, math.degrees(a)) + oval(x, 158, 6, 6, light)
        for x in (98, 158)
        for a in (i * math.pi / 3 for i in range(6))
    )
    band = line("M74 122 Q128 138 182 122", paint, 6) + line("M72 196 Q128 212 184 196", paint, 6)
    rim = oval(128, 29, 29, 7, paint)
    return f"<defs>{shade('b', dark, light)}</defs>" + path(body, "url(#b)") + band + flowers + rim


def clay_pot(v: int) -> str:
    """A pot of clay with a pattern scratched in."""
    dark, light = (("#8a4526", "#d98a55"), ("#6d4a30", "#b88c5e"), ("#7d2f20", "#c96a48"))[v]
    body = (
        "M76 66 H180 C214 100 222 176 172 228 H84 C34 176 42 100 76 66Z",
        "M64 74 H192 L172 230 H84Z",
        "M92 62 H164 C160 84 214 110 204 160 C196 206 172 226 160 230 H96 C84 226 60 206 52 160 C42 110 96 84 92 62Z",
    )[v]
    zigzag = "M74 150 " + " ".join(f"L{62 + 12 * i} {134 if i % 2 else 150}" for i in range(2, 10))
    rim = block(70 if v != 1 else 56, 48, 116 if v != 1 else 144, 24, light, 10)
    marks = line(zigzag, "#5a2a18", 5) + line("M66 170 Q128 182 190 170", "#5a2a18", 4)
    return (
        f"<defs>{shade('b', dark, light)}</defs>"
        + path(body, "url(#b)")
        + marks
        + rim
        + oval(128, 50, 50, 6, "#4a2416")
    )


def column(v: int) -> str:
    """A column of marble with flutes: Doric, Ionic, or broken."""
    dark, light = MARBLE[v]
    top = 52 if v != 2 else 84
    flutes = "".join(line(f"M{x} {top + 8} V208", dark, 4) for x in (98, 113, 128, 143, 158))
    shaft = path(f"M86 {top} H170 L174 212 H82Z", "url(#b)")
    if v == 2:
        head = path("M86 96 L98 70 L112 88 L128 60 L146 90 L158 72 L170 98 V104 H86Z", "url(#b)")
    else:
        head = block(66, 22, 124, 16, light, 2) + path("M74 38 H182 L168 56 H88Z", "url(#b)")
    if v == 1:
        head += "".join(
            oval(x, 50, 17, 17, light) + oval(x, 50, 9, 9, dark) + oval(x, 50, 4, 4, light) for x in (76, 180)
        )
    foot = block(72, 208, 112, 14, light, 4) + block(60, 222, 136, 16, "url(#b)", 2)
    return f"<defs>{shade('b', dark, light)}</defs>" + shaft + flutes + head + foot


def frame(v: int) -> str:
    """A golden frame, empty, or oval, or with a carved rim."""
    gold = "#b8862b", "#ffe39a"
    defs = f"<defs>{shade('b', *gold)}{shade('c', *gold, across=False)}</defs>"
    if v == 1:
        return (
            defs
            + oval(128, 128, 92, 114, "url(#b)")
            + oval(128, 128, 82, 104, "#8a5f17")
            + oval(128, 128, 76, 98, "#f4efe2")
        )
    knobs = "".join(oval(x, y, 14, 14, "url(#b)") for x in (36, 220) for y in (44, 212)) if v == 2 else ""
    inner = block(66, 74, 124, 108, "#f4efe2" if v == 0 else "#e9e4d4", 2)
    bars = line("M28 36 L66 74 M228 36 L190 74 M28 220 L66 182 M228 220 L190 182", "#8a5f17", 3)
    return (
        defs
        + block(28, 36, 200, 184, "url(#c)", 4)
        + block(42, 50, 172, 156, "url(#b)", 3)
        + block(60, 68, 136, 120, "#8a5f17", 2)
        + inner
        + bars
        + knobs
    )


def mosaic(v: int) -> str:
    """A round picture of small stones: a star, a fish's scales, a flower."""
    dice, colours = (
        random.Random(v),
        (("#1f5f8b", "#e8d7a8", "#b5462f"), ("#2c7a6b", "#f0e2bd", "#d98c2b"), ("#6b3f73", "#efe0c4", "#c2543f"))[v],
    )
    stones = [oval(128, 128, 112, 112, "#8d8577")]
    for ring in range(1, 9):
        radius, many = 13 * ring - 4, 6 * ring
        for i in range(many):
            angle = 2 * math.pi * (i + 0.5 * (ring % 2)) / many
            petal = math.cos((5, 6, 8)[v] * angle) * 26 + 58
            tone = (
                colours[2]
                if radius < petal * 0.55
                else colours[1]
                if radius < petal
                else colours[0]
                if ring < 8
                else colours[ring * i % 2]
            )
            x, y = 128 + radius * math.cos(angle), 128 + radius * math.sin(angle)
            stones.append(tile(x, y, tone, math.degrees(angle) + dice.uniform(-8, 8)))
    return "".join(stones) + oval(128, 128, 7, 7, colours[2])


def mask(v: int) -> str:
    """A mask of the theatre: laughing, weeping, or for a carnival."""
    dark, light = (("#b8862b", "#ffe6a0"), ("#9aa0ac", "#ffffff"), ("#7a1f5c", "#e05ca8"))[v]
    defs = f"<defs>{shade('b', dark, light)}</defs>"
    if v == 2:
        plumes = "".join(
            path(f"M{x} 96 Q{x + d} 20 {x + 2 * d} 34 Q{x + d} 60 {x + 16} 100Z", c)
            for x, d, c in ((168, 16, "#f2c14e"), (182, 26, "#3aa0c9"), (194, 36, "#5cb85c"))
        )
        half = path(
            "M18 110 Q70 70 128 104 Q186 70 238 110 Q236 170 184 176 Q146 178 128 150 Q110 178 72 176 Q20 170 18 110Z",
            "url(#b)",
            "#f2c14e",
            6,
        )
        return defs + plumes + half + oval(76, 128, 28, 16, "#2a1020", 8) + oval(180, 128, 28, 16, "#2a1020", -8)
    face = path("M44 50 Q128 20 212 50 Q220 150 176 206 Q128 250 80 206 Q36 150 44 50Z", "url(#b)")
    bend = 1 if v == 0 else -1
    eyes = "".join(
        path(f"M{x - 26} {108} Q{x} {108 - 26 * bend} {x + 26} 108 Q{x} {108 - 4 * bend} {x - 26} 108Z", "#241a10")
        for x in (90, 166)
    )
    brows = line(
        f"M62 {82 + 6 * bend} Q88 {70 - 8 * bend} 112 {84 - 4 * bend} "
        f"M144 {84 - 4 * bend} Q168 {70 - 8 * bend} 194 {82 + 6 * bend}",
        dark,
        8,
    )
    mouth = (
        "M82 164 Q128 182 174 164 Q164 216 128 216 Q92 216 82 164Z"
        if v == 0
        else "M84 208 Q92 160 128 160 Q164 160 172 208 Q128 182 84 208Z"
    )
    return defs + face + eyes + brows + line("M128 108 L118 146 H138", dark, 6) + path(mouth, "#241a10")


def easel(v: int) -> str:
    """An easel with a canvas: a landscape, a still life, or nothing yet."""
    wood = ("#8a5a2e", "#a9713c", "#6f4526")[v]
    legs = line("M128 14 V60 M104 60 L52 244 M152 60 L204 244 M128 190 V238", wood, 11) + line("M70 192 H186", wood, 12)
    canvas = block(60, 54, 136, 128, "#d8cdb8", 2) + block(66, 60, 124, 116, "#fbf8f0")
    art = (
        block(66, 60, 124, 66, "#8ccdf0")
        + oval(160, 86, 13, 13, "#ffd85a")
        + path("M66 134 L102 96 L130 128 L156 104 L190 138 V176 H66Z", "#5aa05a"),
        oval(128, 132, 30, 34, "#3f7fbf")
        + line("M128 104 Q116 84 108 78 M128 104 V74 M128 104 Q142 86 150 80", "#3f8a3f", 5)
        + oval(106, 76, 12, 12, "#e0556b")
        + oval(128, 70, 12, 12, "#f2b63c")
        + oval(152, 78, 12, 12, "#e0556b"),
        "",
    )[v]
    return legs + canvas + art


def bust(v: int) -> str:
    """A head and shoulders of marble on a foot: with a beard, with curls, with a knot of hair."""
    dark, light = MARBLE[v]
    defs = f"<defs>{shade('b', dark, light)}</defs>"
    foot = block(92, 214, 72, 14, dark, 3) + block(80, 226, 96, 16, light, 3)
    chest = path("M60 206 Q62 168 104 158 L108 138 H148 L152 158 Q194 168 196 206 Q128 232 60 206Z", "url(#b)")
    face = path("M92 76 Q92 36 128 36 Q164 36 164 76 Q166 118 146 138 Q128 152 110 138 Q90 118 92 76Z", "url(#b)")
    curls = [(92 + 8 * i, 48 - 16 * math.sin(math.pi * i / 9)) for i in range(10)]
    hair = "".join(oval(x, y, 11, 11, light if i % 2 else dark) for i, (x, y) in enumerate(curls))
    hair += "".join(oval(x, y, 9, 11, dark) for x in (89, 167) for y in ((62, 78) if v != 1 else (62, 80, 98, 114)))
    if v == 2:
        hair += oval(170, 40, 18, 16, light) + oval(170, 40, 10, 9, dark)
    beard = (
        "".join(
            oval(x, y, 9, 10, dark if i % 2 else light)
            for i, (x, y) in enumerate([(100, 122), (108, 136), (120, 146), (134, 147), (147, 138), (156, 124)])
        )
        if v == 0
        else ""
    )
    features = (
        line("M106 82 Q114 76 122 82 M134 82 Q142 76 150 82 M128 84 L122 106 H132", "#77777f", 3.5)
        + oval(114, 89, 6, 3.5, "#c8c8cc")
        + oval(142, 89, 6, 3.5, "#c8c8cc")
    )
    cloth = line("M70 204 Q110 184 128 220 M92 168 Q120 190 150 222", dark, 4)
    return (
        defs + foot + chest + cloth + face + hair + beard + features + line("M116 122 Q128 128 140 122", "#77777f", 4)
    )


def statue(v: int) -> str:
    """A clothed figure of marble on a plinth: arm raised, with a scroll, with a bowl."""
    dark, light = MARBLE[v]
    defs = f"<defs>{shade('b', dark, light)}</defs>"
    plinth = block(76, 214, 104, 12, light, 2) + block(84, 226, 88, 18, "url(#b)", 2)
    robe = path("M104 76 Q128 66 152 76 L160 130 Q174 176 168 214 H90 Q82 176 98 130Z", "url(#b)")
    folds = line(
        "M112 84 Q126 140 104 212 M128 96 Q146 150 128 212 M146 84 Q152 150 152 212 M102 92 Q132 116 156 92", dark, 4
    )
    head = (
        oval(128, 46, 17, 21, "url(#b)")
        + block(120, 60, 16, 16, dark, 3)
        + path("M110 42 Q112 22 128 22 Q144 22 146 42 Q128 30 110 42Z", dark)
    )
    arms = (
        line("M108 84 Q76 108 104 132 M150 84 Q176 112 152 140", light, 15),
        line("M108 84 Q82 116 104 146", light, 15)
        + line("M150 84 Q178 110 166 138", light, 15)
        + block(156, 104, 12, 52, dark, 5),
        line("M108 84 Q80 110 110 128", light, 15)
        + line("M150 84 Q178 110 148 128", light, 15)
        + path("M102 122 H156 Q150 148 129 148 Q108 148 102 122Z", dark),
    )[v]
    face = line("M121 44 H125 M131 44 H135 M128 46 V52 M124 57 H132", "#77777f", 2)
    return defs + plinth + robe + folds + arms + head + face


def solar_system(v: int) -> str:
    """The sun and planets on their orbits, on the dark of space."""
    sky = ("#0c1238", "#160b33", "#07202f")[v]
    tilt = (0.42, 0.6, 0.34)[v]
    planets = [(44, 5, "#b9a58c"), (62, 8, "#e8b35c"), (80, 9, "#4a90d9"), (96, 7, "#d05a3c"), (108, 12, "#d9b38c")]
    rings = "".join(
        f'<ellipse cx="128" cy="128" rx="{r}" ry="{r * tilt:.0f}" fill="none" stroke="#8f9ccf" stroke-width="1.6"/>'
        for r, _, _ in planets
    )
    spots = [(r, size, tone, 1.1 * i * (v + 1.3) + 0.5) for i, (r, size, tone) in enumerate(planets)]
    balls = "".join(
        oval(round(128 + r * math.cos(a)), round(128 + r * tilt * math.sin(a)), size, size, tone)
        for r, size, tone, a in spots
    )
    dice = random.Random(v)
    stars = "".join(oval(dice.randint(16, 240), dice.randint(16, 240), 1.4, 1.4, "#ffffff") for _ in range(30))
    return (
        block(6, 6, 244, 244, sky, 24)
        + stars
        + rings
        + oval(128, 128, 26, 26, "#ff9f1c")
        + oval(128, 128, 21, 21, "#ffd54a")
        + balls
    )
