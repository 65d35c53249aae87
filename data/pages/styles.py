"""What a style, of an element or of a rule for it, keeps from sight, and what it shows again.

A style that hides an element for good hides all within it. Others say something of its own text alone, which elements
within may take back: letters of no size, of the paper's colour, shifted off the page, or not visible. Mails and grids
set a size of 0 around letters of a usual one.
"""

from __future__ import annotations

import dataclasses
import functools
import re

#: In which ways a style keeps an element's own text from sight: one bit each.
INVISIBLE, SIZELESS, SHIFTED, INKLESS = 1, 2, 4, 8
#: Styles without any of these hide nothing and show nothing again.
_TELLING = re.compile(
    r"display|visib|opacity|font|text-indent|clip|scale|hidden|color|-(?:\d{4}|999|\d{3}v)|\\|/\*", re.IGNORECASE
)
_COMMENT = re.compile(r"/\*.*?(?:\*/|$)", re.DOTALL)
#: Nothing is calculated.
_CALC = re.compile(r"calc\(\s*(-[1-9][\d.]*[a-z%]*)\s*\)")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_LENGTH = re.compile(r"([-+]?\d*\.?\d+)([a-z%]*)(?![\w.(])")
#: The size within the shorthand `font`.
_FONT_SIZE = re.compile(r"(?:^|\s)(\d*\.?\d+[a-z%]*)(?=[\s/]|$)")
_SMALL = {"px": 1, "pt": 1, "": 0, "em": 0.1, "rem": 0.1, "%": 1}
#: Sizes that follow from that of the element around.
_RELATIVE = ("em", "ex", "ch", "%")
_FAR = re.compile(r"-(?:\d{4,}|999(?!\d))")
_VERY_FAR = re.compile(r"-(?:[5-9]\d{3}|\d{5,})")
#: So wide is a screen, and so wide the strip of a slide show that moves over it.
_SCREENS_AWAY, _SCREENS_WIDE = re.compile(r"-\d{3,}(?:\.\d+)?vw"), re.compile(r"\d{3,}(?:\.\d+)?(?:vw|%)")
_NO_OPACITY = re.compile(r"opacity\(\s*(?:0+\.?0*|\.0+)%?\s*\)")
_NO_SCALE = re.compile(r"scale(?:x|y|3d)?\(\s*0*\.?0*\s*[,)]|translate(?:x|y|3d)?\([^)]*-(?:9{4}|\d{5})")
_NO_CLIP = re.compile(r"rect\((?:\s*[01]?(?:\.\d+)?(?:px)?[\s,]+){3}[01]?(?:\.\d+)?(?:px)?\s*\)")
_NO_PATH = re.compile(
    r"inset\((?:\s*(?:[5-9]\d|100)(?:\.\d+)?%\s*\)|[^)]*(?<!\d)100%)|circle\(\s*0(?:px|%)?[\s)]"
    r"|polygon\((?:\s*0(?:px|%)?\s+0(?:px|%)?\s*,?)+\)"
)
#: What waits for a script to move it into sight: it is there to be seen.
_MOVING = ("transform", "translate", "animation", "animation-name", "will-change")
#: What has no size of its own takes what its neighbours leave.
_GROWS = re.compile(r"flex(?:-grow)?:(?:[1-9]|0?\.\d|auto)")
_NO_ALPHA = re.compile(r"#(?:[0-9a-f]{3}0|[0-9a-f]{6}00)")
_COLOUR = re.compile(r"#[0-9a-f]{3,8}\b|rgba?\([^)]*\)")
_PAINTS = ("background", "animation", "text-shadow", "text-stroke", "text-fill-color")
_NAMED = {"white": (255, 255, 255), "black": (0, 0, 0)}
WHITE = (255, 255, 255)
#: In the classes of letters without a colour of their own that show what is painted behind them.
GRADIENT = re.compile(r"gradient|clip-text|text-clip", re.IGNORECASE)
#: Colours that differ by less in each of red, green and blue are not told apart.
_MIN_CONTRAST = 8

#: No value that tells is longer.
_MAX_VALUE_CHARS = 200
_KEPT_CHARS = 500

Colour = tuple[int, int, int] | str


@dataclasses.dataclass(frozen=True, slots=True)
class Sight:
    """What a style means for what is seen.

    Attributes:
        gone: neither the element nor anything within it is seen.
        fades, shows: in which ways its own text is kept from sight, or shown though what is around it is not.
        displayed: it takes up room, whatever its name and attributes say.
        ink: its letters have the white of a page without styles.
    """

    gone: bool = False
    fades: int = 0
    shows: int = 0
    displayed: bool = False
    ink: bool = False


NOTHING = Sight()


def read_style(style: str) -> Sight:
    """Returns what a style means for what is seen; of two declarations of a property the later counts.

    Args:
        style: declarations, as they stand in a page or in its serialisation.
    """
    if not style or not _TELLING.search(style):
        return NOTHING
    return _read_once(style) if len(style) < _KEPT_CHARS else _read(style)


@functools.lru_cache(maxsize=4096)
def _read_once(style: str) -> Sight:
    return _read(style)


def _read(style: str) -> Sight:
    said = _declarations(style)
    ways = _ways(said)
    return Sight(
        gone=_is_gone(said),
        fades=sum(way for way, hidden in ways.items() if hidden),
        shows=sum(way for way, hidden in ways.items() if not hidden),
        displayed=said.get("display", "none") != "none",
        ink=_blends(said, WHITE),
    )


def _declarations(style: str) -> dict[str, str]:
    """Returns the value of each property, in lower case, as a browser would take it."""
    if "&" in style:
        style = style.replace("&quot;", '"').replace("&amp;", "&")
    if "/*" in style:
        style = _COMMENT.sub(" ", style)
    if "\\" in style:
        style = _ESCAPE.sub(_unescaped, style)
    style = style.lower()
    if "calc(" in style:
        style = _CALC.sub(r"\1", style)
    said: dict[str, str] = {}
    important: set[str] = set()
    for declaration in style.split(";"):
        name, _, value = declaration.partition(":")
        name, value = name.strip(), " ".join(value.split())
        if insists := value.endswith("important"):
            value = value.removesuffix("important").rstrip(" !")
        if value and (insists or name not in important):
            said[name] = value[:_MAX_VALUE_CHARS]
            if insists:
                important.add(name)
    return said


def _unescaped(found: re.Match[str]) -> str:
    code = int(found[1], 16) if found[1] else 0
    return found[2] or (chr(code) if 31 < code < 0xD800 else "�")


def _is_gone(said: dict[str, str]) -> bool:
    get = said.get
    if get("display") == "none" or get("content-visibility") == "hidden":
        return True
    waits = any(each in said for each in _MOVING)
    is_clear = ("opacity" in said and _is_within(said["opacity"], 0)) or _NO_OPACITY.search(get("filter", ""))
    if is_clear and (not waits or get("pointer-events") == "none"):
        return True
    if _NO_SCALE.search(get("transform", "")) or ("scale" in said and _is_within(said["scale"], 0)):
        return True
    if _NO_CLIP.search(get("clip", "")) or (not waits and _NO_PATH.search(get("clip-path", ""))):
        return True
    return _is_off_page(said, waits) or _is_cut_off(said)


def _is_off_page(said: dict[str, str], waits: bool) -> bool:
    get = said.get
    far = _VERY_FAR if get("position") == "relative" else _FAR  # the strip of a slide show is moved so
    inset = get("inset", "").split()
    sides = [said[side] for side in ("left", "top", "right", "bottom") if side in said]
    if any(map(far.match, sides)) or ("auto" in inset and any(map(far.match, inset))):
        return True
    if any(name.startswith("padding") for name in said):
        return False
    if _FAR.match(get("margin-left", "")):
        return True
    is_strip = waits or get("position") not in ("absolute", "fixed") or _SCREENS_WIDE.match(get("width", ""))
    one, other = (_SCREENS_AWAY.fullmatch(get(side, "")) for side in ("left", "right"))
    return not is_strip and (one is None) != (other is None)


def _is_cut_off(said: dict[str, str]) -> bool:
    """Returns whether an element has no room and what is too large for it is cut off; with padding it holds a video."""
    cuts = ("hidden", "clip")
    if any(
        (name.startswith("padding") and re.search("[1-9]", value)) or _GROWS.match(f"{name}:{value}")
        for name, value in said.items()
    ):
        return False
    overflow = said.get("overflow")
    for size, axis, most in (("height", "overflow-y", 1), ("width", "overflow-x", 0)):
        if said.get(axis, overflow) in cuts and f"min-{size}" not in said:
            sizes = (said[name] for name in (size, f"max-{size}") if name in said)
            if any(_is_within(each, most) for each in sizes):
                return True
    return False


def _ways(said: dict[str, str]) -> dict[int, bool]:
    """Returns the ways in which a style says whether its own text is kept from sight, and what it says."""
    ways = {}
    visibility = said.get("visibility", "inherit")
    if visibility != "inherit":
        ways[INVISIBLE] = visibility in ("hidden", "collapse") and "animation-name" not in said
    if "text-indent" in said:
        cut = said.get("overflow") == "hidden" and said["text-indent"] == "100%"
        ways[SHIFTED] = cut or bool(_FAR.match(said["text-indent"]))
    if size := _font_size(said):
        tiny = _is_small(size)
        if tiny or not size.endswith((*_RELATIVE, "inherit")) or size.endswith("rem"):
            ways[SIZELESS] = tiny
    if said.get("color", "inherit") != "inherit":
        ways[INKLESS] = _blends(said, None) or (_is_clear(said["color"]) and not _is_painted(said))
    return ways


def _font_size(said: dict[str, str]) -> str:
    if "font-size" in said:
        return said["font-size"]
    found = _FONT_SIZE.search(said.get("font", ""))
    return found[1] if found and (found.start() == 0 or not _is_small(found[1])) else ""


def _is_small(size: str) -> bool:
    found = _LENGTH.fullmatch(size)
    return bool(found) and found is not None and 0 <= float(found[1]) <= _SMALL.get(found[2], 0)


def _is_within(value: str, pixels: int) -> bool:
    """Returns whether a length is 0, or no more than so many pixels."""
    found = _LENGTH.fullmatch(value)
    return found is not None and 0 <= float(found[1]) <= (pixels if found[2] in ("", "px") else 0)


def _is_clear(colour: str) -> bool:
    """Returns whether a colour lets all through."""
    if colour[0] == "#":
        return bool(_NO_ALPHA.fullmatch(colour))
    kind, _, numbers = colour.partition("(")
    parts = re.split(r"[\s,/]+", numbers.strip(") "))
    is_none = len(parts) == 4 and _is_within(parts[3].rstrip("%"), 0)
    return colour == "transparent" or (is_none and kind in ("rgb", "rgba", "hsl", "hsla"))


def _is_painted(said: dict[str, str]) -> bool:
    """Returns whether letters without a colour may be seen by what is behind or around them."""
    return any(paint in name for name in said for paint in _PAINTS)


def _blends(said: dict[str, str], page: Colour | None) -> bool:
    """Returns whether text has its background's colour: its own, or that of the page."""
    if "color" not in said:
        return False
    background = said.get("background-color", said.get("background"))
    paper = page if background is None else _colour_of(background)
    ink = _colour_of(said["color"])
    if isinstance(ink, str) or isinstance(paper, str):
        return ink == paper and ink not in ("inherit", "transparent", "currentcolor", "initial", "unset")
    return paper is not None and max(abs(one - other) for one, other in zip(ink, paper, strict=True)) < _MIN_CONTRAST


def _colour_of(value: str) -> Colour:
    """Returns a colour as red, green and blue; what is not so given, or clear, or with a picture, as it stands."""
    if value in _NAMED:
        return _NAMED[value]
    found = _COLOUR.search(value)
    if found is None or "url(" in value or "gradient" in value:
        return value
    code = found[0]
    if code[0] == "#":
        digits = code[1:] if len(code) > 5 else "".join(each * 2 for each in code[1:])
        return value if len(digits) not in (6, 8) or digits[6:] == "00" else (
            int(digits[:2], 16), int(digits[2:4], 16), int(digits[4:6], 16)
        )  # fmt: skip
    parts = re.findall(r"\d*\.?\d+%?", code)
    if len(parts) < 3 or "%" in "".join(parts[:3]) or (len(parts) > 3 and float(parts[3].rstrip("%")) < 1):
        return value
    red, green, blue = (int(min(float(each), 255)) for each in parts[:3])
    return red, green, blue


def is_white(colour: str) -> bool:
    """Returns whether a colour that an attribute names is not told apart from white."""
    code = colour.strip().lower()
    shade = _colour_of(f"#{code}" if re.fullmatch("[0-9a-f]{6}", code) else code)
    return not isinstance(shade, str) and min(shade) > 255 - _MIN_CONTRAST
