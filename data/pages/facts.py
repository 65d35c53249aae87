"""What a page says about itself: title, language, date, canonical address, licence, opt-outs."""

from __future__ import annotations

import dataclasses
import itertools
import re
import urllib.parse
from collections.abc import Iterable, Iterator

from data.pages.blocks import unescape
from data.pages.json_ld import stated
from data.pages.licence_words import states
from data.pages.occurrences import Find

#: Nothing of a page's head that is longer is a fact about it.
MAX_FACT_CHARS = 1000

#: What names a <meta> element; the first that says something counts.
_NAMES = (' name="', ' property="', ' itemprop="', ' http-equiv="')
_ATTRIBUTE = re.compile(r' ([a-z:-]+)="([^"]*)"')
#: A page of whose first headings none says anything has no title.
MOST_HEADINGS = 20
_HEADING = re.compile(r"<h1(?: [^<>]*)?>")
_TAG = re.compile(r"<[^<>]*>")
_LANGUAGE = re.compile(r"\s*([A-Za-z]{2,3})(?:[-_][A-Za-z0-9]{1,8})*\s*")
_NO_AI = re.compile(r"\bno(?:image)?ai\b", re.IGNORECASE)
_UNSEEN = {**dict.fromkeys((*range(9), 11, 12, *range(14, 32), *range(127, 160)))}
#: Names of <meta> elements that give a publication date, best first.
_DATES = (
    "article:published_time", "datepublished", "date", "dc.date", "dc.date.issued", "dcterms.created", "dcterms.date",
    "citation_publication_date", "pubdate", "publishdate", "publish-date", "parsely-pub-date", "sailthru.date",
    "publication_date", "sw-pubdate", "citation_date", "bepress_citation_date", "dcterms.issued", "uploaddate",
)  # fmt: skip
_STORED_DATE = re.compile(rb'"datePublished"\s*:\s*"([^"<>]{4,40})"')
#: What elements other than <meta> bear that show the date, and where they say it for machines. Each is looked for once:
#: a page is long.
_MARKS = (b"datePublished", b"schema:dateCreated", b"<abbr ")
_SHOWS_DATE = re.compile(rb"""=\s*["']?(?:datePublished|schema:datePublished|schema:dateCreated|published)["'\s>]""")
_SAID_DATE = re.compile(rb"""\s(?:content|datetime|title)\s*=\s*["']?(\d{4}-\d\d?-\d\d?[^"'<>]{0,30})""")
_MAX_TAG_BYTES = 500
#: Dates in addresses, as newspapers and blogs have them.
_ADDRESS_DATE = re.compile(r"[/=](20[0-4]\d|199\d)[/-](0?[1-9]|1[0-2])[/-](0?[1-9]|[12]\d|3[01])(?=[/.?#-]|$)")
_LICENCES = ("license", "licence", "dc.license", "dcterms.license", "dc.rights", "dc.rights.license", "rights-standard")
#: Names of <meta> elements that give the language, best first.
_LANGUAGES = ("content-language", "dc.language", "dcterms.language", "og:locale")
#: What <meta> elements that matter are named.
META_KEYS = frozenset((*_DATES, *_LICENCES, *_LANGUAGES, "og:title", "og:url", "tdm-policy", "tdm-reservation"))
_CREATIVE_COMMONS = re.compile(
    r"creativecommons\.org/(?:licenses/(by(?:-nc)?(?:-nd|-sa)?)|publicdomain/(zero|mark))/(\d\.\d)", re.IGNORECASE
)
_LICENCE_LINK = re.compile(r'<a [^>]*?href="([^">]*creativecommons\.org/[^">]*)"', re.IGNORECASE)
#: A page with more is a list of things under licences; around each the page is looked at.
MOST_LICENCE_LINKS = 200
#: Licences of the Open Source Initiative, by their ids in its addresses; `mit-license.php` is an older one.
OPEN_SOURCE = (
    "0BSD", "AGPL-3.0", "Apache-2.0", "Artistic-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "EPL-2.0", "GPL-2.0",
    "GPL-3.0", "ISC", "LGPL-2.1", "LGPL-3.0", "MIT", "MPL-2.0", "Unlicense", "Zlib",
)  # fmt: skip
_OPEN_SOURCE = re.compile(r"//(?:www\.)?opensource\.org/licenses?/([\w.-]+?)(?:-license)?(?:\.php|/)?$", re.IGNORECASE)


@dataclasses.dataclass
class Facts:
    """What a page says about itself.

    Attributes:
        title: of its head, else its first heading.
        language: primary subtag that it declares, in lower case.
        metadata: canonical (a whole address), published, licence, as far as it tells; opt_out if it asks not to be
            trained on.
    """

    title: str | None = None
    language: str | None = None
    metadata: dict[str, str] = dataclasses.field(default_factory=dict)

    def add(self, later: Facts) -> None:
        """Takes from what a later part of the page says what has not been said before."""
        self.title = self.title or later.title
        self.language = self.language or later.language
        self.metadata = {**later.metadata, **self.metadata}


def find_facts(
    tags: Iterable[tuple[str, str, str]],
    content: bytes,
    find: Find = bytes.find,
    url: str | None = None,
    serialised: str = "",
) -> Facts:
    """Returns what a page says about itself.

    Args:
        tags: name, source and following text of the tags that may tell (see `data.pages.blocks.Blocks.facts`).
        content: the page as it came, for what its scripts say.
        find: what looks for a text in it.
        url: its address, which others on it may be relative to.
        serialised: the page once more, for its headings and for what is said about a licence that is linked.
    """
    facts = Facts()
    metas: dict[str, str] = {}
    links: list[tuple[str, dict[str, str]]] = []
    times: list[str] = []
    for name, source, text in tags:
        if name == "title":
            facts.title = facts.title or short(unescape(text))
        elif name == "meta":
            key, value = unescape(_key(source)), unescape(_value(source, ' content="'))
            if key and value:
                metas.setdefault(key, value)
                _note_opt_out(facts, key, value)
        else:
            attributes = {key: unescape(value) for key, value in _ATTRIBUTE.findall(source)}
            if name == "html":
                facts.language = _primary(attributes.get("lang") or attributes.get("xml:lang"))
            elif name == "time":
                times.append(attributes.get("datetime", ""))
            else:
                links.append((name, attributes))
    dates = list(filter(None, map(metas.get, _DATES))) or _dates_within(content, find)
    _complete(facts, metas, links, dates + times, url, serialised)
    wanted = ["inLanguage"] * (facts.language is None) + ["license"] * ("licence" not in facts.metadata)
    said = stated(content, wanted, find) if wanted else {}
    facts.language = facts.language or _primary(said.get("inLanguage"))
    if known := short(said.get("license")):
        facts.metadata["licence"] = spdx(known) or known
    return facts


def _complete(
    facts: Facts,
    metas: dict[str, str],
    links: list[tuple[str, dict[str, str]]],
    dates: Iterable[str],
    url: str | None,
    serialised: str,
) -> None:
    facts.title = facts.title or short(metas.get("og:title")) or _heading(serialised)
    for name in _LANGUAGES:
        facts.language = facts.language or _primary(metas.get(name))
    named = [at.get("href") for _, at in links if "canonical" in _rel(at)]
    wanted = {
        "canonical": next(filter(None, (_whole(address, url) for address in (*named, metas.get("og:url")))), None),
        "published": next((date for date in dates if short(date)), None),
        "licence": _licence(metas, links, serialised),
        "tdm_policy": metas.get("tdm-policy"),
    }
    for key, value in wanted.items():
        if known := short(value):
            facts.metadata[key] = known


def _heading(serialised: str) -> str | None:
    """Returns the page's first heading of the first level that says something."""
    for found in itertools.islice(_HEADING.finditer(serialised), MOST_HEADINGS):
        begin, end = found.end(), serialised.find("</h1>", found.end())
        is_comment = serialised.rfind("<!--", 0, begin) > serialised.rfind("-->", 0, begin)
        if end >= 0 and not is_comment and (title := short(unescape(_TAG.sub("", serialised[begin:end])))):
            return title
    return None


def _primary(language: str | None) -> str | None:
    """Returns the primary subtag of a language tag, or of what is written like one."""
    found = _LANGUAGE.fullmatch(language or "")
    return found[1].lower() if found else None


def _whole(address: str | None, url: str | None) -> str | None:
    """Returns an address on the web; one that is relative as it is where nobody knows to what; else null."""
    known = short(address)
    if known and known.startswith(("https://", "http://")) and "[" not in known:
        return known
    try:
        whole = urllib.parse.urljoin(url or "", known) if known else ""
        return whole if urllib.parse.urlsplit(whole).scheme in ("http", "https", "") else None
    except ValueError:  # brackets that hold no IPv6 address
        return None


def _dates_within(content: bytes, find: Find) -> list[str]:
    """Returns dates that a page's scripts, or elements that show them, say are those of publication."""
    dates = []
    places = [find(content, mark) for mark in _MARKS]
    place = content.find(b'"datePublished"', places[0] - 1) if places[0] > 0 else -1
    if place >= 0 and (stored := _STORED_DATE.match(content, place)):
        dates.append(stored[1])
    for place in places:
        begin = content.rfind(b"<", max(0, place - _MAX_TAG_BYTES), place + 1) if place >= 0 else -1
        end = content.find(b">", begin, begin + 2 * _MAX_TAG_BYTES) + 1 if begin >= 0 else 0
        if place < end and _SHOWS_DATE.search(content, begin, end):
            said = _SAID_DATE.search(content, begin, end)
            dates += [said[1]] if said else []
    return [date.decode("ascii", "ignore") for date in dates]


def address_date(url: str | None) -> str | None:
    """Returns the date in a page's address, as YYYY-MM-DD."""
    found = _ADDRESS_DATE.search((url or "")[:MAX_FACT_CHARS])
    return f"{found[1]}-{int(found[2]):02}-{int(found[3]):02}" if found else None


def _key(source: str) -> str:
    """Returns what a <meta> element tells of, in lower case."""
    for name in _NAMES:
        if key := _value(source, name):
            return key.strip().lower()
    return ""


def _value(source: str, name: str) -> str:
    """Returns what a tag's attribute says, as it is written; it is named as ` name="`."""
    place = source.find(name)
    return source[place + len(name) : source.find('"', place + len(name))] if place >= 0 else ""


def matters(tag: tuple[str, str, str]) -> bool:
    """Returns whether what a tag tells is wanted: most <meta> and <link> elements are for others.

    Args:
        tag: its name, source and following text.
    """
    name, source, _ = tag
    if name == "meta":
        key = _key(source)
        return key in META_KEYS or "bot" in key
    if name == "link":
        source = source.lower()
        return "canonical" in source or "licen" in source or "creativecommons" in source
    return True


def _rel(attributes: dict[str, str]) -> list[str]:
    return attributes.get("rel", "").lower().split()


def _licence(metas: dict[str, str], links: list[tuple[str, dict[str, str]]], serialised: str) -> str | None:
    """Returns the licence that a page states: rel=license first, then <meta>, then its own words about one it links to.

    Links may be marked for what others than the page are under. Where they differ, or the page's words do, none counts.
    """
    marked = [at.get("href", "").strip() for _, at in links if "license" in _rel(at)]
    if len({known for address in marked if (known := spdx(address))}) > 1:
        marked = [at.get("href", "").strip() for name, at in links if name == "link" and "license" in _rel(at)]
    stated = [metas[name] for name in _LICENCES if name in metas]
    for value in (*marked, *stated):
        if value.strip():
            return spdx(value) or value
    linked = {known for _, at in links if (known := creative_commons(at.get("href", "")))}
    said = linked & {*said_licences(serialised)} if linked else set()
    return said.pop() if len(said) == 1 else None


def said_licences(serialised: str) -> Iterator[str]:
    """Yields the licences of Creative Commons that a page links to and says that it is under."""
    for found in itertools.islice(_LICENCE_LINK.finditer(serialised), MOST_LICENCE_LINKS):
        if (known := creative_commons(found[1])) and states(serialised, found.start()):
            yield known


def spdx(address: str) -> str | None:
    """Returns the SPDX id of the licence that an address stands for, or null."""
    if found := _OPEN_SOURCE.search(address):
        return next((name for name in OPEN_SOURCE if name.lower() == found[1].lower()), None)
    return creative_commons(address)


def creative_commons(address: str) -> str | None:
    """Returns the SPDX id of a Creative Commons licence's address, or null."""
    found = _CREATIVE_COMMONS.search(address)
    if not found:
        return None
    if found[2]:
        return "CC0-1.0" if found[2].lower() == "zero" else "LicenseRef-PublicDomain"
    return f"CC-{found[1].upper()}-{found[3]}"


def _note_opt_out(facts: Facts, key: str, content: str) -> None:
    """Notes whether a <meta> element asks not to be trained on.

    Sources: the `noai` and `noimageai` values of robots directives, which may be addressed to one robot by its
    name instead of "robots"; TDM Reservation Protocol (W3C community group report, 2022), section 4.
    """
    if "bot" in key and _NO_AI.search(content):
        facts.metadata.setdefault("opt_out", "noai")
    elif key == "tdm-reservation" and content.strip() == "1":
        facts.metadata.setdefault("opt_out", "tdm-reservation")


def header_opt_out(robots: str, reservation: str) -> str:
    """Returns how X-Robots-Tag or TDM-Reservation headers ask not to be trained on, or ""."""
    if _NO_AI.search(robots):
        return "noai"
    # A header that was sent twice comes as "1, 1".
    return "tdm-reservation" if "1" in (value.strip() for value in reservation.split(",")) else ""


def short(value: str | None) -> str | None:
    """Returns a fact's text on one line and not overlong, or null if nothing is left."""
    if value and not value.isprintable():  # to translate takes long
        value = value.translate(_UNSEEN)
    return " ".join(value.split())[:MAX_FACT_CHARS] or None if value else None
