"""Whether a page's own words say that a licence it links to is the page's: not a picture's, nor one it writes about.

A wrong licence is worse than none, so what is in doubt does not count.
"""

from __future__ import annotations

import re

from data.pages.blocks import unescape

#: Of a page's source so much before a link is looked at, of the link itself, and after it; so much where the page's
#: footer may begin; and so much of its head for its site's name.
BEFORE_CHARS, LINK_CHARS, AFTER_CHARS, FOOTER_CHARS, HEAD_CHARS = 1500, 1000, 200, 6000, 50_000

_TAG = re.compile(r"<[^<>]*>")
#: What ends the text that a link stands in.
_EDGE = re.compile(
    r"</?(?:p|div|li|ul|ol|dl|dt|dd|td|th|tr|table|h[1-6]|section|article|aside|main|nav|header|footer|form|blockquote|"
    r"figure|figcaption|body|br|hr|center|address|summary|details)\b[^>]*>|<!--|-->"
)
_SENTENCE = re.compile(r"[.!?:]\s+(?=[A-Z©])")
_KINDS = (
    r"(?:works?|pages?|(?:web ?)?sites?|articles?|posts?|blogs?|contents?|texts?|documents?|documentation|books?|"
    r"tutorials?|wikis?|ebooks?|preprints?|materials?|lessons?|courses?|essays?|guides?|papers?|publications?|entry|"
    r"entries|chapters?|stor(?:y|ies)|recipes?|resources?|contributions?)"
)
_NAMED = rf"(?:[\w-]+\s+){{0,2}}?{_KINDS}"
#: What speaks of the page or its site: "this work", "all content on this site", "user contributions".
_PAGE = (
    rf"(?:(?:this|these|all|other)\s+{_NAMED}|(?:our|my)\s+(?:[\w-]+\s+)?(?:(?:web ?)?site|page|blog|content|text)s?|"
    rf"(?:the\s+)?(?:(?:web ?)?site|page|user)(?:'s)?\s+{_KINDS}|(?:text|content)s?)"
)
_OF_IT = rf"(?:\s+(?:on|of|in|at|from|by)\s+(?:this|these|our|my)\s+{_NAMED})?"
_LICENSED = (
    r"\s+(?:is|are)\s+(?!not\b|never\b)(?:\w+\s+){0,2}?"
    r"(?:licen[cs]ed|available|released|distributed|published|shared|offered|provided)\b"
)
#: To the sentence's end; a licence's version may have a dot.
_REST = r"(?:[^.;]|\.\d){0,80}"
_UNDER = rf"[^.;]{{0,80}}\b(?:under|with|by|through)\b{_REST}"
_STATES = re.compile(
    rf"(?:^|,\s*|\b(?:and|but)\s+|[©|·•–—-]\s*){_PAGE}{_OF_IT}(?:,[^,.;]{{1,80}},)?{_LICENSED}{_UNDER}$", re.IGNORECASE
)
#: Who made the page gives it: "the contributors to this ebook release their contributions under".
_GIVES = re.compile(
    rf"(?:^|,\s*)(?:we(?:\s+are|['’]re)?(?:\s+(?:happy|glad|pleased)\s+to)?|(?:the\s+)?(?:authors?|creators?|contributors?)"
    rf"\b[^.;]{{0,40}}\bthis\s+{_NAMED})\s+(?:make|release|dedicate|licen[cs]e|publish|share)\s+"
    rf"(?:their\s+{_KINDS}|this\s+{_NAMED})\s(?![^.;]*\b(?:not|never|because|since|as|that|which|who\w*|is|are)\b)"
    r"[^,.;]{0,80}\b(?:under|via\s+the\s+terms)\b[^.;]{0,80}$",
    re.IGNORECASE,
)
#: "The copyright holder for this preprint is Ann. It is made available under"
_RIGHTS_IN_IT = re.compile(
    rf"(?:the\s+)?copyright\s+(?:(?:holder|owner)s?\s+)?(?:for|of|in|to)\s+this\s+{_NAMED}\s+(?:is|are)\b",
    re.IGNORECASE,
)
_IT_STATES = re.compile(rf"it{_LICENSED}{_UNDER}$", re.IGNORECASE)
#: German puts the verb wherever it likes.
_STATES_IN_GERMAN = re.compile(
    r"(?!.*\b(?:steh(?:t|en)|ist|sind|werden)\s+(?:\w+\s+){0,2}(?:nicht\b(?!\s+ander)|nie\b)|.*\bunter\s+kein)"
    r"(?=.*\b(?:steh(?:t|en)|lizen[sz]iert|veröffentlicht)\b).*\b(?:alle|diese[rs]?)\s+(?:\w+\s+und\s+)?(?:inhalte?|"
    r"texte?|artikel|beitr(?:ag|äge)|seiten?|webseiten?|website|werke?|blogs?)\b.*\bunter\b[^.;]{0,80}$",
    re.IGNORECASE,
)
#: So it speaks of a site by its name.
_NAMED_IN_GERMAN = re.compile(
    r"(?:(?:die|alle)\s+(?:inhalte|texte|artikel|beiträge)\s+(?:von|des|der|auf)\s+([\w .-]{2,60}?)|"
    rf"(?:der|die|das)\s+([\w .-]{{2,60}}?)-(?:podcast|blog|magazin|wiki|website|seite)(?:\s+von\s[^,.;]{{1,80}}?)?)\s+"
    rf"steh(?:t|en)\s+unter\s+(?!kein){_REST}$",
    re.IGNORECASE,
)
#: In a page's footer no subject is needed.
_STATES_IN_FOOTER = re.compile(
    r"(?:^|[,|·•–—-]\s*|\b(?:is|are|ist)\s+)(?:licen[cs]ed|lizen[sz]iert|available|released|published)\s+un(?:d|t)er\b"
    rf"{_REST}$|^(?:the\s+)?(?:licen[cs]e|licen[cs]ing|lizenz)?\W*$",
    re.IGNORECASE,
)
#: What has a licence of its own on many pages.
_OTHERS = re.compile(
    r"\b(?:photo\w*|pictures?|images?|icons?|illustrations?|logos?|fonts?|videos?|musi[ck]\w*|lied\w*|audio|songs?|maps?|"
    r"data\w*|code|software|program\w*|themes?|templates?|designs?|layouts?|skins?|credits?|courtesy|sources?|adapted|"
    r"based|derived|via\b(?!\s+the\s+terms)|by\s+(?!(?:the\s+)?creative|a\b|n[cd]\b|sa\b|\d\.\d)|"
    r"fotos?\b|bild\w*|grafik\w*|von\s)",
    re.IGNORECASE,
)
_BY = re.compile(r"\bvon\s", re.IGNORECASE)
_COPYRIGHT = re.compile(r"(?:©|\(c\)|copyright|published\s+by)[^.]*\.", re.IGNORECASE)
_FOOTER = re.compile(r"<footer\b|<\w[^<>]*\s(?:id|class|role)=\"[^\"]*(?:footer|contentinfo|\bsite-?info\b)")
#: What is the page's by its class, if no picture is near.
_NOTICE = re.compile(
    r"<\w[^<>]*\sclass=\"(?:licen[cs]e\s+copyright|copyright\s+licen[cs]e|(?:post|entry|article|page|site)-licen[cs]e)\""
    r"[^<>]*>\s*"
)
_MEDIA, _MEDIA_CHARS = re.compile(r"<(?:img|picture|video|audio|iframe|figure|svg)\b"), 500
#: "Ann's Blog powered by Bo | Licence": the page's, if the name is.
_NAMED_IN_FOOTER = re.compile(
    r"([^|•·]{2,60}?)(?:\s+powered\s+by\b[^|•·]{1,60})?\s*[|•·]\s*(?:licen[cs]e|lizenz)\W*", re.IGNORECASE
)
_TITLE = re.compile(r"<title\b[^<>]*>([^<>]{1,1000})</title")
_TITLE_PARTS = re.compile(r"\s[|–—·»:-]\s")
_LINK_TITLE = re.compile(r'\stitle="([^"]*)"')
#: What is said within them is others'.
_OF_OTHERS = ("blockquote", "figure")


def states(source: str, begin: int) -> bool:
    """Returns whether a link to a licence is said, by the words around it, to be the page's.

    Args:
        source: the page, serialised.
        begin: where the link's tag begins.
    """
    return _is_said(source, begin) and not _is_within(source, begin, _OF_OTHERS)


def _is_said(source: str, begin: int) -> bool:
    before = _words(_EDGE.split(source[max(0, begin - BEFORE_CHARS) : begin])[-1])
    end = source.find("</a", begin, begin + LINK_CHARS)
    after = _words(_EDGE.split(source[end : end + AFTER_CHARS])[0]) if end >= 0 else ""
    is_alone = end >= 0 and not before and not after.strip(" .")
    words = _own_words(source[begin:end]) if is_alone else before
    sentences = [sentence.strip() for sentence in _SENTENCE.split(words)]
    clause = sentences[-1].rpartition(";")[2].strip()
    if _GIVES.search(clause) and not _OTHERS.search(clause):
        return True
    if _OTHERS.search(_SENTENCE.split(after)[0]):
        return False
    if _names_site(clause, source, _NAMED_IN_GERMAN):
        return not _OTHERS.search(_BY.sub("", clause))
    if _names_site(words, source, _NAMED_IN_FOOTER):
        return _is_in_footer(source, begin)
    if _OTHERS.search(clause):
        return False
    if _STATES.search(clause) or _STATES_IN_GERMAN.match(clause) or _speaks_of_it(sentences):
        return True
    is_stated = bool(_STATES_IN_FOOTER.search(sentences[-1])) and not _OTHERS.search(_COPYRIGHT.sub("", words))
    if is_alone and is_stated and _is_in_notice(source, begin):
        return True
    return (is_alone or is_stated) and _is_in_footer(source, begin)


def _own_words(link: str) -> str:
    """Returns what a link says that stands alone: its text, else its title."""
    title = _LINK_TITLE.search(link[: link.find(">")])
    return _words(link) or (" ".join(unescape(title[1]).split()) if title else "")


def _speaks_of_it(sentences: list[str]) -> bool:
    """Returns whether the last but one speaks of the rights in the page, and the last of its licence."""
    if len(sentences) < 2 or not _IT_STATES.fullmatch(sentences[-1]):
        return False
    return bool(_RIGHTS_IN_IT.match(sentences[-2])) and not _OTHERS.search(sentences[-2])


def _names_site(words: str, source: str, form: re.Pattern[str]) -> bool:
    """Returns whether words name the site that the page is on, as its title's last part does."""
    found = form.fullmatch(words)
    title = _TITLE.search(source, 0, HEAD_CHARS) if found else None
    if not found or not title:
        return False
    *others, site = _TITLE_PARTS.split(unescape(title[1]).strip())
    return bool(others) and site.strip().lower() in {name.strip().lower() for name in found.groups() if name}


def _words(markup: str) -> str:
    """Returns the text of a piece of a page, which may begin or end within a tag."""
    markup = markup[markup.find(">") + 1 :] if markup.find(">") < markup.find("<") else markup
    markup = markup[: markup.rfind("<")] if markup.rfind("<") > markup.rfind(">") else markup
    return " ".join(unescape(_TAG.sub("", markup)).split())


def _is_in_footer(source: str, place: int) -> bool:
    start = max(0, place - FOOTER_CHARS)
    last = max((found.start() for found in _FOOTER.finditer(source, start, place)), default=-1)
    if last < 0 or source.find("</footer", last, place) >= 0:
        return False
    return not _is_within(source, place, ("article",))


def _is_within(source: str, place: int, names: tuple[str, ...]) -> bool:
    return any(source.rfind(f"<{name}", 0, place) > source.rfind(f"</{name}", 0, place) for name in names)


def _is_in_notice(source: str, place: int) -> bool:
    """Returns whether a link begins what by its class says how the page may be used."""
    start = source.rfind("<", max(0, place - LINK_CHARS), place)
    is_notice = start >= 0 and _NOTICE.fullmatch(source, start, place)
    return bool(is_notice) and not _MEDIA.search(source, max(0, place - _MEDIA_CHARS), place)
