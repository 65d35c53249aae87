"""The state of one pass over a page: what stands where in its array."""

from __future__ import annotations

(POSITION, OUT, RAW_SIZE, BLOCKS, ELEMENTS, STACK, OPENED, PLACES, RECORDS, LINKS, PRES, CODES, LINK_CHARS, BREAK_AT,
 PASSED_OVER, LANGUAGE_BEGIN, LANGUAGE_END, GIVEN, WHOLE, HAS_LINE, HEAD_BEGIN, HEAD_END,
 FLUSHES, CODE_AT, CODE_FLUSHES, CODE_FIRST, BOXES, HARD) = range(28)  # fmt: skip
STATES = 28
