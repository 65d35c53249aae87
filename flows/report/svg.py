"""Renders charts to SVG that may stand in a page of hostile text: shapes and words, nothing else."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from typing import Any

import vl_convert

from flows.report.formatting import THIN

_ELEMENTS = {"svg", "g", "path", "rect", "line", "circle", "text", "tspan", "defs", "clipPath", "title"}

#: Attributes that stay. No href, no style, no class, no event handlers; ids get the chart's prefix.
_ATTRIBUTES = {
    *("viewBox", "width", "height", "x", "y", "x1", "x2", "y1", "y2", "r", "cx", "cy", "d", "transform", "points"),
    *("fill", "fill-opacity", "stroke", "stroke-width", "stroke-opacity", "stroke-dasharray", "opacity"),
    *("stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "text-anchor", "font-size", "font-weight"),
    *("dx", "dy", "id", "clip-path"),
}

_SAFE_VALUE = re.compile(r"[\w\s#.,()%+-]*\Z")
_LOCAL_URL = re.compile(r"url\(#([\w-]+)\)\Z")

_LONG_NUMBER = re.compile(r"(\d+\.\d\d)\d+")

_LOCALE = {"decimal": ".", "thousands": THIN, "grouping": [3], "currency": ["", ""]}


def render(spec: dict[str, Any], name: str, description: str) -> str:
    """Returns a Vega-Lite chart as an inline `<svg>` without scripts, styles, links or references.

    Args:
        spec: as Altair's to_dict gives it; nothing in it is fetched.
        name: prefix of the ids in it; unique in the page.
        description: what a reader who cannot see it is told.
    """
    drawn = vl_convert.vegalite_to_svg(spec, allowed_base_urls=[], format_locale=_LOCALE)
    return clean(drawn, name, description)


def clean(drawn: str, name: str, description: str) -> str:
    """Returns an SVG document reduced to known elements and attributes, for use inside HTML."""
    root = ElementTree.fromstring(drawn)
    # The renderer counts its ids through all charts of a process; numbered anew, a chart is always the same.
    ids = [element.attrib["id"] for element in root.iter() if "id" in element.attrib]
    _reduce(root, {known: f"{name}-{place}" for place, known in enumerate(dict.fromkeys(ids))})
    width, height = root.attrib.pop("width"), root.attrib.pop("height")
    root.attrib.update(
        {
            "viewBox": f"0 0 {width} {height}",
            "role": "img",
            "aria-label": description,
            "style": f"max-width:{round(1.15 * float(width))}px",
        }
    )
    return ElementTree.tostring(root, encoding="unicode", short_empty_elements=True)


def _reduce(element: ElementTree.Element, ids: dict[str, str]) -> None:
    """Strips an element and its descendants in place."""
    element.tag = _local(element.tag)
    spoken = element.attrib.get("aria-label") if element.attrib.get("role") == "graphics-symbol" else None
    is_mark = element.tag in ("path", "rect", "line") and spoken
    element.attrib = dict(_attributes(element, ids))
    for child in list(element):
        if _local(child.tag) not in _ELEMENTS or _is_blank(child):
            element.remove(child)
            continue
        _reduce(child, ids)
        if child.tag == "g" and len(child) == 0:
            element.remove(child)
    while element.tag == "g" and len(element) == 1 and element[0].tag == "g" and not element[0].attrib:
        element[:] = list(element[0])
    if is_mark:
        title = ElementTree.Element("title")
        title.text = spoken
        element[:] = [title]


def _attributes(element: ElementTree.Element, ids: dict[str, str]) -> list[tuple[str, str]]:
    kept = []
    for key, value in element.attrib.items():
        key = _local(key)
        if key not in _ATTRIBUTES or (key, value) in (("opacity", "1"), ("fill-opacity", "1"), ("stroke-width", "0")):
            continue
        if key == "id":
            value = ids[value]
        elif match := _LOCAL_URL.match(value):
            if match[1] not in ids:
                continue
            value = f"url(#{ids[match[1]]})"
        elif not _SAFE_VALUE.match(value):
            continue
        kept.append((key, _LONG_NUMBER.sub(r"\1", value) if key in ("d", "transform") else value))
    return kept


def _is_blank(element: ElementTree.Element) -> bool:
    tag, attributes = _local(element.tag), element.attrib
    if tag == "path" and (not attributes.get("d") or attributes.get("display") == "none"):
        return True
    if tag == "path" and attributes.get("class") == "background" and not {"fill", "stroke"} & set(attributes):
        return True
    return tag == "rect" and attributes.get("fill") == "white"


def _local(tag: str) -> str:
    return tag.rsplit("}", 1)[-1]
