"""Drawings of the body and of what clinics use: SVG of 256 pixels, by variant 0 to 2; nothing that pierces."""

from training.pocket.strokes import block, line, oval, path, shade

SKIN = ("#f3c9a2", "#b97a4c", "#6e4630")


def stomach(v: int) -> str:
    """A stomach: the gullet above, the curve, the way out."""
    dark, light = (("#c2606a", "#f6a9a4"), ("#b5563f", "#f0a080"), ("#a84a6a", "#ee9cb8"))[v]
    body = (
        "M112 14 H140 Q138 58 150 74 Q190 52 214 92 Q236 150 190 196 Q142 236 84 206 Q58 194 44 212 "
        "L22 196 Q40 160 74 168 Q112 176 118 140 Q122 104 112 66Z"
    )
    folds = line("M164 96 Q196 112 188 152 M148 120 Q176 138 160 174 M132 150 Q146 168 124 190", dark, 6)
    return (
        f"<defs>{shade('b', dark, light)}</defs>"
        + path(body, "url(#b)", dark, 5)
        + folds
        + line("M178 78 Q206 90 208 122", "#ffffff", 6)
    )


def kidney(v: int) -> str:
    """One kidney or two, with the tubes that leave them."""
    dark, light = (("#8e2f35", "#d9666a"), ("#7a2a20", "#c85f4a"), ("#94304f", "#e0708f"))[v]
    bean = (
        "M0 -70 C54 -74 66 -20 58 16 C48 64 0 84 -22 54 "
        "C-36 32 -2 18 -6 -6 C-10 -28 -46 -40 -30 -60 C-22 -68 -12 -70 0 -70Z"
    )
    one = path(bean, "url(#b)", dark, 4) + line("M30 -48 Q44 -20 38 12", "#ffffff", 5)
    tubes = (
        line("M-8 2 Q-40 0 -44 96", "#e8b64c", 9) + line("M-8 -6 H-48", "#c0392b", 7) + line("M-8 8 H-40", "#3b6fb5", 7)
    )
    if v == 1:
        return f'<defs>{shade("b", dark, light)}</defs><g transform="translate(140 118) scale(1.4)">{tubes}{one}</g>'
    pair = f'<g transform="translate(180 112)">{tubes}{one}</g>'
    pair += f'<g transform="translate(76 112) scale(-1 1)">{tubes}{one}</g>'
    return f"<defs>{shade('b', dark, light)}</defs>" + pair


def liver(v: int) -> str:
    """A liver of two lobes, with the gall bladder."""
    dark, light = (("#7a2c22", "#b8594a"), ("#6b2a2a", "#a94f4f"), ("#803018", "#c76a44"))[v]
    right = "M22 96 Q40 50 116 58 Q140 60 140 96 Q140 150 112 178 Q84 214 46 206 Q8 190 22 96Z"
    left = "M132 62 Q206 60 240 92 Q226 130 184 146 Q156 156 132 158Z"
    gall = oval(128, 178, 13, 26, "#6fa83a", 14) + line("M126 152 V132", "#4f7f2a", 5)
    shine = line("M44 104 Q60 76 100 78 M156 80 Q186 80 210 92", "#e9a79a", 7)
    return (
        f"<defs>{shade('b', dark, light, across=False)}</defs>"
        + gall
        + path(left, "url(#b)", dark, 4)
        + path(right, "url(#b)", dark, 4)
        + shine
    )


def _hand(skin: str) -> str:
    fingers = line("M92 118 L78 52 M116 108 L112 30 M142 108 L148 34 M164 118 L182 60", skin, 24) + line(
        "M88 168 L46 128", skin, 25
    )
    return fingers + path("M80 112 Q128 92 176 112 Q186 170 168 204 V246 H92 V204 Q70 170 80 112Z", skin)


def bandaged_hand(v: int) -> str:
    """A hand with a white bandage around palm and wrist, for all tones of skin."""
    white, edge = "#fbfbf6", "#c9c9bd"
    palm = path("M78 128 Q128 114 180 128 Q184 160 172 190 H86 Q72 160 78 128Z", white, edge, 3)
    wrist = path("M86 190 H172 L170 232 H90Z", white, edge, 3)
    wraps = line("M80 140 L176 172 M80 160 L170 188 M178 138 L86 176 M90 200 L170 212 M90 216 L168 226", edge, 4)
    finger = line("M114 66 L112 32", white, 27) + line("M101 46 H125 M102 58 H126", edge, 3) if v == 1 else ""
    clip = block(148, 204, 14, 10, "#8fb7d9", 2)
    return _hand(SKIN[v]) + finger + palm + wrist + wraps + clip


def bandage_roll(v: int) -> str:
    """A roll of bandage with its end unrolled."""
    light, dark = (("#fdfdf8", "#cfcfc4"), ("#f3e2cb", "#cdb492"), ("#eef5fa", "#b9c9d6"))[v]
    end = path("M128 226 H236 V200 H150Z", light, dark, 4) + line("M160 207 H232 M160 218 H232", dark, 3)
    roll = path("M48 92 V172 Q48 226 118 226 Q188 226 188 172 V92Z", light, dark, 4)
    rings = "".join(
        f'<ellipse cx="118" cy="92" rx="{r}" ry="{r * 0.5}" fill="{light}" stroke="{dark}" stroke-width="4"/>'
        for r in (70, 54, 38, 22)
    )
    weave = line("M56 118 Q118 160 182 118 M56 144 Q118 186 182 144 M58 172 Q118 212 178 172", dark, 3)
    return end + roll + weave + rings + oval(118, 92, 11, 6, "#8d8d84")


def pill_bottle(v: int) -> str:
    """A closed bottle with a label; two pills before it."""
    body, cap = (("#e07b1f", "#f7f7f2"), ("#f4f4f0", "#2f7fc1"), ("#3f9a6b", "#ffffff"))[v]
    dark = ("#b65f12", "#c6ccd2", "#2c7550")[v]
    bottle = block(72, 78, 112, 160, body, 16) + block(72, 78, 16, 160, dark, 10) + block(168, 78, 16, 160, dark, 10)
    label = (
        block(72, 116, 112, 84, "#fffdf6")
        + block(120, 130, 16, 48, "#2e8b6f", 2)
        + block(104, 146, 48, 16, "#2e8b6f", 2)
    )
    top = block(66, 34, 124, 46, cap, 10) + line(
        "M82 44 V70 M100 44 V70 M118 44 V70 M138 44 V70 M156 44 V70 M174 44 V70", "#b9bfc4", 4
    )
    pills = (
        oval(46, 228, 22, 12, "#ffffff", -12)
        + line("M42 220 L50 236", "#c9c9c9", 3)
        + oval(214, 230, 20, 11, "#f2c14e", 14)
    )
    return bottle + label + top + pills


def first_aid_kit(v: int) -> str:
    """A case with a cross."""
    case, cross, dark = (
        ("#f0902f", "#ffffff", "#c06a18"),
        ("#ffffff", "#2f8f5b", "#c2c8cc"),
        ("#2e9b57", "#ffffff", "#1f7540"),
    )[v]
    grip = line("M94 76 V48 Q94 36 106 36 H150 Q162 36 162 48 V76", "#55606a", 12)
    box = block(24, 72, 208, 150, dark, 20) + block(24, 72, 208, 140, case, 20)
    sign = oval(128, 144, 52, 52, cross if v != 1 else "#d5eee0") + block(
        114, 106, 28, 76, case if v != 1 else cross, 4
    )
    return (
        grip
        + box
        + sign
        + block(90, 130, 76, 28, case if v != 1 else cross, 4)
        + block(56, 66, 22, 16, "#9aa4ab", 3)
        + block(178, 66, 22, 16, "#9aa4ab", 3)
    )


def hospital_bed(v: int) -> str:
    """A bed on wheels, its head raised."""
    sheet, cover = (("#ffffff", "#7fb8de"), ("#f6fbff", "#8fd0b0"), ("#ffffff", "#b9a5dc"))[v]
    metal = "#8a97a3"
    frame = line("M24 60 V206 M232 112 V206 M24 176 H232", metal, 10) + line("M24 66 H44 M232 118 H214", metal, 8)
    bed = path("M34 172 L50 96 L84 110 L96 148 H226 V172Z", sheet, "#cfd8de", 4)
    blanket = path("M112 142 H228 V178 H112 Q104 160 112 142Z", cover)
    pillow = path("M46 100 Q58 80 80 94 L92 132 Q72 140 54 128Z", "#eaf1f5", "#c4d0d8", 3)
    wheels = "".join(oval(x, 216, 13, 13, "#3c454d") + oval(x, 216, 5, 5, "#b9c3cb") for x in (24, 232))
    drip = line("M204 20 V140 M186 24 H222", metal, 6) + block(178, 30, 18, 34, "#cfe8f7", 6) if v != 1 else ""
    return drip + frame + bed + blanket + pillow + wheels


def skeleton(v: int) -> str:
    """A skeleton for lessons, upright, on a stand or in an X-ray's blue."""
    bone, dark = (("#e0cfa4", "#7d6f4c"), ("#c4ccd3", "#5d666e"), ("#dff3ff", "#5a9ccc"))[v]
    back = block(40, 2, 176, 252, "#0e2a44", 12) if v == 2 else ""
    spine = line("M128 66 V150", bone, 8) + line("M128 70 V150", dark, 2)
    ribs = "".join(
        line(f"M128 {y} Q{128 - w} {y - 4} {128 - w} {y + 14} M128 {y} Q{128 + w} {y - 4} {128 + w} {y + 14}", bone, 5)
        for y, w in ((80, 26), (92, 29), (104, 28), (116, 24))
    )
    hips = path("M98 148 Q128 138 158 148 Q160 168 142 172 L128 164 L114 172 Q96 168 98 148Z", bone, dark, 2)
    arms = line("M104 74 L84 116 L74 160 M152 74 L172 116 L182 160", bone, 8) + line(
        "M74 160 L68 178 M74 160 L76 180 M182 160 L188 178 M182 160 L180 180", bone, 4
    )
    legs = line("M112 170 L108 208 L106 240 M144 170 L148 208 L150 240", bone, 9) + line(
        "M106 242 H92 M150 242 H164", bone, 7
    )
    collar = line("M102 74 Q128 66 154 74", bone, 7)
    head = path("M106 30 Q106 8 128 8 Q150 8 150 30 Q150 44 142 48 V60 H114 V48 Q106 44 106 30Z", bone, dark, 2)
    face = (
        oval(118, 32, 6, 7, dark)
        + oval(138, 32, 6, 7, dark)
        + path("M128 38 L124 46 H132Z", dark)
        + line("M118 55 H138 M122 52 V59 M128 52 V59 M134 52 V59", dark, 2)
    )
    return back + spine + ribs + collar + hips + arms + legs + head + face
