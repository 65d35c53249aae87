"""Names by which elements are hidden only until something happens: a script runs, or a reader opens them."""

from __future__ import annotations

import functools
import re

#: Of so many selectors, which sites share, is known what they tell.
KEPT = 4096


def _words(*words: bytes) -> re.Pattern[bytes]:
    """Returns what finds words of names, whole ones where they are divided by hyphens and the like."""
    return re.compile(rb"(?<![^\W_])(?:" + b"|".join(words) + rb")(?![^\W_])", re.IGNORECASE)


#: What waits for scripts, or for there to be none.
_WAITS = (re.compile(rb"cloak|no-?script|preload|fouc", re.IGNORECASE), _words(rb"(?:no-?)?js"))
#: What readers open, or turn to: what a page hides so is part of its text.
_OPENED = (
    re.compile(
        rb"collaps|expand|accordi|toggl|truncat|spoiler|(?:read|show|see|load)-?more|disclos|by-?default|carousel|swiper|slick|slide"
        rb"|lazy|paywall|tab-?(?:content|pane)",
        re.IGNORECASE,
    ),
    _words(rb"tabs?|panes?|panels?|more|less|fold(?:ed)?|faqs?|answers?|steps?|loading|loaded|closed|inactive"),
)
_STATE = _words(
    rb"on|off|open(?:ed)?|active|current|show(?:n|ing)?|hid(?:e|den)|visible|select(?:ed)?|checked|in|out|focus(?:ed)?"
    rb"|hover(?:ed)?|is|has|enabled|disabled|ready"
)
_EXCLUDED = re.compile(rb":not\(([^)]*)")
#: Attributes whose values scripts change.
_CHANGING = re.compile(
    rb"\[\s*(?:aria-(?:expanded|selected|current|pressed|checked|busy)|open|checked|disabled|src|style|contenteditable"
    rb"|x-|v-|ng-|data-(?:open|active|visible|show)|[\w-]*state)",
    re.IGNORECASE,
)


@functools.lru_cache(KEPT)
def waits(selector: bytes) -> bool:
    """Returns whether a selector is for what is hidden until scripts have run, or without them."""
    return any(each.search(selector) for each in _WAITS)


@functools.lru_cache(KEPT)
def is_opened(selector: bytes) -> bool:
    """Returns whether a selector tells of what readers open, or of a state that changes."""
    if any(each.search(selector) for each in _OPENED):
        return True
    if b"[" in selector and _CHANGING.search(selector):
        return True
    return b"(" in selector and any(map(_STATE.search, _EXCLUDED.findall(selector)))


def may_change(name: bytes) -> bool:
    """Returns whether a class or attribute may be for a state."""
    return bool(_STATE.search(name)) or waits(name) or is_opened(name)
