"""What one tag of a serialised page means for its text: whether it opens a block, hides, breaks a line.

A page has few different tags, and pages of a site share them: every tag is looked at once per process.
"""

from __future__ import annotations

import dataclasses
import re

from data.pages.ordinals import USUAL, Counting, read_counting
from data.pages.styles import GRADIENT, INKLESS, is_white, read_style

# Roles: what the block reader does when a tag opens, and when its element ends.
PLAIN, INLINE, VOID, BREAK, BLOCK, OTHER_BLOCK, HIDDEN, LINK, PRE, RAW, MATH, ASIDE, COMMENT, SPACED = range(14)


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Elements that start a new block of text (HTML standard, 15.3 rendering); all with a hyphen are "custom".
BLOCK_TAGS = _listed(
    "p li h1 h2 h3 h4 h5 h6 td th tr div dt dd pre blockquote figcaption caption label button address hr body "
    "html main article section header footer nav aside form ul ol dl table tbody thead tfoot figure summary "
    "details fieldset legend center menu dir hgroup search dialog custom"
)
TAG_NUMBERS = {name: number for number, name in enumerate(BLOCK_TAGS)}
#: Never text that a reader came for.
_HIDDEN_TAGS = _words(
    "template noscript annotation annotation-xml select datalist textarea iframe object embed canvas audio video "
    "map svg head frameset noframes noembed applet progress meter rp"
)
RAW_TAGS = _words("script style xmp plaintext iframe noembed noframes")
VOID_TAGS = _words("area base basefont bgsound br col embed frame hr img input keygen link meta param source track wbr")
_ROLES = {"math": MATH, "a": LINK, "pre": PRE, "listing": PRE}
CODE_TAGS = frozenset(("code", "samp", "kbd", "tt"))
#: Block elements that matter even if they hold nothing: cells, and what may stand between them.
_OTHER_BLOCKS = frozenset(("tr", "td", "th", "form", "hr"))
#: Elements that may tell something about the page.
_FACTS = frozenset(("html", "time", "title"))

_ATTRIBUTES = re.compile(
    r" (class|id|style|hidden|aria-hidden|role|itemprop|type|data-lang(?:uage|-lines)?|open|popover|color|face)"
    r'="([^"]*)"'
)
_WORDS = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}(?![a-z])")
#: Classes of cells and spans that hold line numbers; what they hold is left out if it is digits alone.
_GUTTERS = _words(
    "linenos lineno linenumber linenumbers line-number line-numbers linenodiv gutter lnt ln blob-num hljs-ln-"
    "numbers crayon-nums crayon-num rouge-gutter line-numbers-rows ln-num codemirror-gutter react-syntax-"
    "highlighter-line-number js-line-number code-line-number linenr codemirror-linenumber src-line-numbers line-no "
    "pre-numbering source-line-no sourcelineno ltx_tag_listingline lnum lines-num vc_file_line_number"
)
#: Classes of elements that hold one line of code each, whose spaces count.
_CODE_CELLS = _words(
    "blob-code hljs-ln-code crayon-line codemirror-line cm-line react-code-line-contents view-line ace_line de1 de2 "
    "graf--pre ql-code-block ltx_listingline lines-code vc_file_line_text filecontents-linecontents"
)
#: Classes of elements that hold a listing: where <br> and hard spaces make its lines, it is code.
CODE_BOXES = _words(
    "code codecolorer w3-code bbc_code bbcode_code codebox code-box codeblock code-block codebody sourcecode "
    "source-code code-listing listing programlisting literal-block example-code snippet prettyprint verbatim lstlisting"
)
#: Doxygen's listings, whose lines are elements; slides have elements of this class too.
_FRAGMENTS = frozenset(("fragment",))
#: What stands beside text for readers who edit, or for a formula whose source follows in a script.
_NOTES = _words("mw-editsection input_prompt output_prompt jp-inputprompt jp-outputprompt")
_PREVIEWS = _words("mathjax mathjax_preview mathjax_display mathjax_svg mathjax_chtml mjx-chtml")
#: What stands in such elements is not read at first: half of all tags are theirs. Where little else is found, the
#: page is read again with them.
_ASIDE_TAGS = frozenset(("nav", "footer"))
ASIDE_WORDS = _words(
    "nav navbar navigation menu menus submenu mainmenu footer colophon sidebar breadcrumb breadcrumbs social "
    "share sharing sharedaddy addtoany comments commentlist commentform respond disqus related relatedposts "
    "recommended popular trending newsletter subscribe signup popup login searchform masthead contentinfo cookie "
    "cookies promo sponsored outbrain taboola tagcloud pagination pager sitemap topbar toolbar complementary"
)
CONTENT_WORDS = _words(
    "content article main body post posts entry story page wrapper container wrap site layout text has with no "
    "hentry single column columns inner home code highlight snippet"
)
_MAXASIDE_WORDS = 6
NEVER_ASIDE = _words("html body main article hr p h1 h2 h3 h4 h5 h6 td th tr table tbody blockquote")
#: Elements of formulas that MathJax has set.
_FORMULA = "mjx-"
_LINE_NUMBER = re.compile(r"\bln")
#: SyntaxHighlighter's lines.
_NUMBERED = re.compile(r"^line number\d")
#: Classes of elements that are one line of code each, where they stand inside <pre>.
_CODE_LINES = _words("line token-line code-line view-line codeline")
#: Likewise, but shown as blocks: no line break stands beside them.
_BLOCK_LINES = _words("gatsby-highlight-code-line")
#: What `data.pages.lines` and `data.pages.spacing` say of an element. Compiled code asks about names that begin so.
LINES_MARK = "data-lang-lines"
#: Values of it: a line of code whose plain spaces fold, one that stands in <pre>, its number, lines set by <br>; spaces
#: are kept, and so they are in letters of one width.
LINE, PRE_LINE, NUMBER, BOX, SPACES, CODE_SPACES = "line", "pre-line", "number", "box", "spaces", "code-spaces"
#: Tailwind's for elements whose spaces and line breaks are kept.
_SPACED = _words("whitespace-pre whitespace-pre-wrap whitespace-break-spaces")
SPECIAL_CLASSES = (
    _GUTTERS | _CODE_CELLS | _CODE_LINES | _BLOCK_LINES | CODE_BOXES | _FRAGMENTS | _NOTES | _PREVIEWS | _SPACED
)
_LANGUAGE = re.compile(r"(?:^|\s)(?:language-|lang-|highlight-source-|highlight-|brush:\s*)([a-z0-9+#]{1,15})(?![\w-])")
_NO_LANGUAGE = _words("none text plaintext plain default nohighlight auto notranslate source code")
#: What stands above a listing, within its <pre>, to name its language.
LANGUAGE_LABELS = _words(
    "bash c c# c++ cpp csharp css dart diff go html java javascript js json jsx kotlin lua perl php plaintext "
    "powershell python r ruby rust scala sh shell sql swift text tsx typescript ts vue xml yaml"
)
_WHITE_SPACE = re.compile(r"white-space\s*:\s*(?:pre|break-spaces)", re.IGNORECASE)
_PRE_SPACE = re.compile(r"white-space\s*:\s*pre\s*(?:[;!]|$)", re.IGNORECASE)
_SET_APART = re.compile(r"display\s*:\s*(?:block|flex|grid|table\b|list-item)", re.IGNORECASE)
#: Chroma's line numbers, where it writes styles instead of classes.
_UNSELECTED = re.compile(r"user-select\s*:\s*none", re.IGNORECASE)
_MONOSPACE = re.compile(r"font(?:-family)?\s*:(?:&quot;|[^;]){0,300}?(?:mono|courier|consol|menlo)", re.IGNORECASE)
#: What React sends late stands hidden, under such an id, until a script of the page puts it in its place.
_SENT_LATE = re.compile(r"S:[0-9a-f]+")


@dataclasses.dataclass(slots=True, eq=False)
class Tag:
    """What an opening tag means.

    Attributes:
        role: one of the roles above.
        name: of the element.
        number: in BLOCK_TAGS; -1 for others.
        words: of class, id and role, in lower case; also `itemprop`.
        gutter, code_line, code_cell: its classes are those of line numbers, of a line, of a cell of code.
        code_box: what it holds is a listing if it looks like one, by its classes or the letters' width.
        fragment: a listing if it begins with a line.
        spaced: its spaces and line breaks are shown; a listing if it looks like one. A block is of the role SPACED.
        folds: a line of code, in which all spaces are hard ones.
        preview: of a formula, whose source follows.
        language: programming language that its classes name, or ""; of a script, math/tex and its mode.
        ink: its text has the colour of a page without styles of its own: white.
        fades: in which ways its style hides its own text, but not that within it that is shown again.
        fact: it may tell something about the page.
        counting: what a list or its item says of numbers.
    """

    role: int
    name: str
    number: int = -1
    words: tuple[str, ...] = ()
    gutter: bool = False
    code_line: bool = False
    code_cell: bool = False
    code_box: bool = False
    fragment: bool = False
    spaced: bool = False
    folds: bool = False
    preview: bool = False
    language: str = ""
    ink: bool = False
    fades: int = 0
    fact: bool = False
    counting: Counting = USUAL


def read_tag(head: str) -> Tag:
    """Returns what an opening tag means, from what stands between its angle brackets."""
    name, _, rest = head.partition(" ")
    if name in _COMMON and (name != "a" or not tells(rest)):
        return _COMMON[name]
    attributes = dict(reversed(_ATTRIBUTES.findall(" " + rest))) if rest else {}  # of two of a name the first counts
    tag = Tag(_role(name, attributes), name)
    if name in TAG_NUMBERS or ("-" in name and not name.startswith(_FORMULA)):
        tag.number = TAG_NUMBERS.get(name, TAG_NUMBERS["custom"])
    tag.fact = name in _FACTS or (name == "a" and ("license" in rest or "creativecommons" in rest))
    if attributes:
        _describe(tag, attributes)
    if name == "textarea" and tag.role == HIDDEN and not hides(name, attributes):
        tag.code_box = _holds_listing(rest, attributes)
    if name == "script" and attributes.get("type", "").startswith("math/tex"):
        tag.language = attributes["type"]
    if name == "script" and attributes.get("type") == "syntaxhighlighter":
        tag.code_box = True
    if tag.role == BLOCK and name not in NEVER_ASIDE and (name in _ASIDE_TAGS or _is_aside(tag.words)):
        tag.role = ASIDE
    if name in ("ol", "li"):
        tag.counting = read_counting(name, rest)
    special = tag.ink or tag.gutter or tag.fact or tag.code_box or tag.preview
    if tag.role == PLAIN and (special or tag.spaced or tag.code_line or name in CODE_TAGS or name == "sup"):
        tag.role = INLINE
    if tag.role == LINK and tag.gutter:
        tag.role = INLINE
    if tag.role == BLOCK and (special or tag.fragment or name in _OTHER_BLOCKS):
        tag.role = OTHER_BLOCK
    if tag.role == BLOCK and tag.spaced:
        tag.role = SPACED
    return tag


def _role(name: str, attributes: dict[str, str]) -> int:
    if name == "br":
        return BREAK
    if name in VOID_TAGS:
        return BLOCK if name == "hr" else VOID
    if name in RAW_TAGS:
        return RAW
    if name in _HIDDEN_TAGS or ((attributes or name == "dialog") and hides(name, attributes)):
        return HIDDEN
    if name in _ROLES:
        return _ROLES[name]
    if not _NOTES.isdisjoint(attributes.get("class", "").lower().split()):
        return HIDDEN
    if "style" in attributes and _is_code(name, attributes["style"]):
        return PRE
    return BLOCK if name in TAG_NUMBERS or ("-" in name and not name.startswith(_FORMULA)) else PLAIN


def _holds_listing(rest: str, attributes: dict[str, str]) -> bool:
    """Returns whether a <textarea> is for reading, by its attributes; Crayon's says again what stands below it."""
    names = attributes.get("class", "").lower().split()
    named = "readonly" in rest or 'name="code"' in rest or not CODE_BOXES.isdisjoint(names)
    return named and "crayon-plain" not in names


def _is_aside(words: tuple[str, ...]) -> bool:
    if not words or len(words) > _MAXASIDE_WORDS:
        return False
    return not ASIDE_WORDS.isdisjoint(words) and CONTENT_WORDS.isdisjoint(words)


def _is_code(name: str, style: str) -> bool:
    """Returns whether an element is shown as code, with its spaces."""
    if name == "div" and _PRE_SPACE.search(style):
        return True
    if name == "span" or not _WHITE_SPACE.search(style):
        return False
    return bool((_SET_APART if name in CODE_TAGS else _MONOSPACE).search(style))


def _heed_mark(tag: Tag, mark: str) -> None:
    tag.gutter = tag.gutter or mark == NUMBER
    tag.spaced = tag.spaced or mark in (SPACES, CODE_SPACES)
    if tag.role == BLOCK:
        tag.code_box = tag.code_box or mark == BOX
        tag.code_cell = tag.code_cell or mark in (LINE, PRE_LINE)
        tag.folds = mark == LINE
        if mark in (LINE, PRE_LINE, CODE_SPACES):
            tag.role = PRE
    elif tag.role == PRE:
        tag.code_cell = tag.code_cell or mark == PRE_LINE
    elif mark == PRE_LINE:
        tag.code_line = True


PLAIN_LINK = Tag(LINK, "a")
#: Most tags are links and pictures, each with an address of its own.
_COMMON = {
    **{name: Tag(VOID, name) for name in VOID_TAGS - {"br", "hr", "meta", "link"}},
    **{name: Tag(VOID, name, fact=True) for name in ("meta", "link")},
    "a": PLAIN_LINK,
}


def all_names() -> frozenset[str]:
    """Returns the names of elements that mean more than their text."""
    return frozenset((*BLOCK_TAGS, *_HIDDEN_TAGS, *RAW_TAGS, *VOID_TAGS, *_ROLES, *CODE_TAGS, *_FACTS, "a", "br"))


def tells(rest: str) -> bool:
    """Returns whether a link's attributes may say what matters; one expression for all takes four times as long."""
    return (
        "hidden" in rest
        or "style=" in rest
        or "license" in rest
        or "creativecommons" in rest
        or "linen" in rest
        or LINES_MARK in rest
        or "-num" in rest
        or ("ln" in rest and bool(_LINE_NUMBER.search(rest)))
    )


def hides(name: str, attributes: dict[str, str]) -> bool:
    """Returns whether an element's own attributes keep readers from seeing it.

    Root elements may be hidden until a script runs, to avoid flicker: pages themselves are meant to be seen.
    MediaWiki's formulas are hidden in favour of a picture, but are what its readers see.
    """
    if name in ("html", "body") or "mwe-math-mathml" in attributes.get("class", ""):
        return False
    if attributes.get("aria-hidden", "").lower() == "true":
        return True
    sight = read_style(attributes.get("style", ""))
    if sight.gone or (sight.fades and (sight.fades != INKLESS or not GRADIENT.search(attributes.get("class", "")))):
        return True
    return not sight.displayed and _is_unrendered(name, attributes)


def _is_unrendered(name: str, attributes: dict[str, str]) -> bool:
    """Returns whether browsers do not show an element unless a style says so.

    What is `until-found`, and what stands in a closed <details>, readers can open and search: it is text.
    """
    if "popover" in attributes or (name == "dialog" and "open" not in attributes):
        return True
    if "hidden" not in attributes or _SENT_LATE.fullmatch(attributes.get("id", "")):
        return False
    return attributes["hidden"].lower() != "until-found"


def _describe(tag: Tag, attributes: dict[str, str]) -> None:
    classes = attributes.get("class", "")
    sight = read_style(style := attributes.get("style", ""))
    tag.ink = sight.ink or (
        tag.name == "font" and not sight.shows & INKLESS and is_white(attributes.get("color", "black"))
    )
    if sight.fades and tag.role == HIDDEN and not sight.gone and _role(tag.name, {**attributes, "style": ""}) != HIDDEN:
        tag.fades = sight.fades
    if style:
        tag.code_box = (
            tag.role in (PLAIN, BLOCK) and tag.name not in ("html", "body") and bool(_MONOSPACE.search(style))
        )
        tag.spaced = bool(_WHITE_SPACE.search(style))
        tag.gutter = tag.spaced and bool(_UNSELECTED.search(style))
    if tag.name == "font":
        tag.code_box = tag.code_box or bool(_MONOSPACE.search("font:" + attributes.get("face", "")))
    if classes:
        names = classes.lower().split()
        tag.gutter = tag.gutter or not _GUTTERS.isdisjoint(names)
        tag.code_line = not _CODE_LINES.isdisjoint(names)
        tag.code_cell = not _CODE_CELLS.isdisjoint(names) or (tag.name == "div" and bool(_NUMBERED.match(classes)))
        if tag.code_cell and tag.role == BLOCK:
            tag.role = PRE
        if tag.role == PLAIN and not _BLOCK_LINES.isdisjoint(names):
            tag.role, tag.number = OTHER_BLOCK, TAG_NUMBERS["div"]
        if not _SPACED.isdisjoint(names):
            tag.spaced = True
            if tag.role == BLOCK and "font-mono" in names:
                tag.role = PRE
        if tag.role == BLOCK:
            tag.code_box = tag.code_box or not CODE_BOXES.isdisjoint(names)
            tag.fragment = tag.name == "div" and not _FRAGMENTS.isdisjoint(names)
        tag.preview = tag.name in ("span", "div") and not _PREVIEWS.isdisjoint(names)
        folded = classes.lower()
        named = "lang" in folded or "highlight" in folded or "brush" in folded
        found = _LANGUAGE.search(folded) if named else None
        tag.language = found[1] if found and found[1] not in _NO_LANGUAGE else ""
    if LINES_MARK in attributes:
        _heed_mark(tag, attributes[LINES_MARK])
    tag.language = tag.language or attributes.get("data-lang", attributes.get("data-language", "")).lower()[:15]
    labels = " ".join(attributes[key] for key in ("class", "id", "role", "itemprop") if key in attributes)
    tag.words = tuple(dict.fromkeys([word.lower() for word in _WORDS.findall(labels[:400])]))
