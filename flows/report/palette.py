"""The report's colours: one palette, a light and a dark value of each.

Charts are drawn with the light values; the page's style sheet maps each of them to the value that
the reader's colour scheme asks for (`svg [fill="#2f6fb2"] { fill: var(--kept) }`).
Kept is blue and dropped vermilion, which people with any colour vision tell apart.
"""

from __future__ import annotations

INK, MUTED, GRID, SURFACE = "#1c2733", "#5d6b7a", "#e2e7ed", "#fdfdfc"
KEPT, DROPPED, QUARANTINED, NOT_SAMPLED = "#2f6fb2", "#d4552d", "#c59a1b", "#8793a6"
EXCUSED, BEFORE, PLANNED = "#a58bc4", "#c6cfda", "#1c2734"

#: For sources and kinds, in this order; the last one is for all others.
SERIES = ("#2f6fb3", "#3c9a8f", "#7a6bb5", "#b58a2b", "#5aa0d6", "#8a9a3b", "#b5648f", "#98a2b1")

#: Variable name, light value, dark value.
COLOURS: tuple[tuple[str, str, str], ...] = (
    ("ink", INK, "#e6ebf1"),
    ("muted", MUTED, "#9aa8b8"),
    ("grid", GRID, "#2b3644"),
    ("surface", SURFACE, "#141a21"),
    ("kept", KEPT, "#5b9fe3"),
    ("dropped", DROPPED, "#f07a52"),
    ("quarantined", QUARANTINED, "#e0b94a"),
    ("not-sampled", NOT_SAMPLED, "#8d99ab"),
    ("excused", EXCUSED, "#b9a2d8"),
    ("before", BEFORE, "#445263"),
    ("planned", PLANNED, "#f2f5f8"),
    *(
        (f"series-{place}", light, dark)
        for place, (light, dark) in enumerate(
            zip(
                SERIES,
                ("#5b9fe4", "#55bdb0", "#9d8ede", "#d9ae52", "#86c2f0", "#b0c05c", "#dc8bb6", "#7f8a99"),
                strict=True,
            )
        )
    ),
)

STATUS_COLOURS = {"kept": KEPT, "dropped": DROPPED, "quarantined": QUARANTINED, "not_sampled": NOT_SAMPLED}

#: The colour of the text in a heat map's dark cells; the same in both schemes.
ON_COLOUR = "#fffffe"


def style_sheet() -> str:
    """Returns the CSS that defines the colours and maps the charts' colours to them."""
    light = "".join(f"--{name}:{value};" for name, value, _ in COLOURS)
    dark = "".join(f"--{name}:{value};" for name, _, value in COLOURS)
    mapped = "".join(
        f'svg [{attribute}="{value}"]{{{attribute}:var(--{name})}}'
        for name, value, _ in COLOURS
        for attribute in ("fill", "stroke")
    )
    return f":root{{{light}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n{mapped}\n"
