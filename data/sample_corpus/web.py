"""The sample's pages: what real sites would show, and the difficulties planted among them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

from data.sample_corpus import edits, spam
from data.sample_corpus.articles import Article
from data.sample_corpus.benchmark import Item
from data.sample_corpus.choices import number, pick, ranked
from data.sample_corpus.labels import (
    BOILERPLATE,
    EXACT,
    FOREIGN,
    HIDDEN_IN_PAGES,
    LOOKALIKE,
    NEAR,
    NORMALISED,
    NOT_A_PAGE,
    OPT_OUT,
    SPAM,
    Label,
)  # fmt: skip
from data.sample_corpus.sites import BLOG, PLAIN, REFERENCE, WIKI, Page, Site, render, site_of, url_of

EXACT_COPIES, NORMALISED_COPIES, NEAR_COPIES, LOOKALIKES = 40, 24, 60, 24
SPAM_PAGES, BOILERPLATE_PAGES, FOREIGN_PAGES, OPT_OUTS = 70, 60, 60, 8

#: An answer without a page: status, content type, body, path.
_NO_PAGES = (
    ("404 Not Found", "text/html; charset=utf-8", b"<html><body><h1>404 Not Found</h1></body></html>", "gone/{}.html"),
    ("301 Moved Permanently", "text/html", b"", "old/{}.html"),
    ("503 Service Unavailable", "text/html", b"<html><body><p>Try again later.</p></body></html>", "busy/{}.html"),
    ("200 OK", "application/pdf", b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n", "paper/{}.pdf"),
    ("200 OK", "image/png", b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01", "logo/{}.png"),
    ("200 OK", "application/json", b'{"status": "ok", "items": []}', "api/{}.json"),
)


@dataclasses.dataclass(frozen=True)
class Claim:
    """Says that an entry was planted, and after which original."""

    label: Label
    of: str = ""


@dataclasses.dataclass(frozen=True)
class Entry:
    """A page or an answer without one, with its unique key.

    Attributes:
        status, content_type: of the server's answer.
        only_warc: it makes sense as an answer of a server only.
    """

    key: str
    page: Page
    claim: Claim | None = None
    status: str = "200 OK"
    content_type: str = ""
    only_warc: bool = False


class Web:
    """All pages of the sample, made once from its articles and benchmark items."""

    def __init__(self, articles: Sequence[Article], items: Sequence[Item]) -> None:
        self.articles, self.items = articles, items
        self._titles = [(article.title, url_of(article, site_of(article))) for article in articles]
        good = [article for article in articles if _is_good(article) and site_of(article) is not PLAIN]
        self._good = ranked("good", good, lambda article: article.key)
        self._taken = 0

    def entries(self) -> list[Entry]:
        """Returns every page, in the order of a keyed hash."""
        hosts = {article.key: item for article, item in zip(self._take(len(self.items)), self.items, strict=True)}
        natural = [self._natural(article, hosts.get(article.key)) for article in self.articles]
        planted = [*self._copies(natural), *self._unwanted(), *self._answers()]
        return ranked("order", [*natural, *planted], lambda entry: entry.key)

    def _take(self, count: int) -> list[Article]:
        """Returns the next good articles; each is used for one difficulty only."""
        self._taken += count
        return self._good[self._taken - count : self._taken]

    def _natural(self, article: Article, hidden: Item | None) -> Entry:
        url = url_of(article, site_of(article))
        if hidden is None:
            return Entry(article.key, render(article, url=url, related=self._related(url)))
        changed = edits.with_function(article, hidden.code, article.key.rpartition("#")[0])
        page = render(changed, site_of(article), url=url, related=self._related(url))
        return Entry(article.key, page, Claim(HIDDEN_IN_PAGES))

    def _copies(self, natural: Sequence[Entry]) -> Iterator[Entry]:
        pages = {entry.key: entry.page for entry in natural}
        for article in self._take(EXACT_COPIES):
            page = pages[article.key]
            if number("elsewhere", article.key, 2):  # the same bytes at another address
                page = dataclasses.replace(page, url=page.url.replace("https://", "https://www."))
            yield Entry(f"{article.key}/again", page, Claim(EXACT, article.key))
        for article in self._take(NORMALISED_COPIES):
            changed = edits.relevelled(article, f"{article.key}/levelled")
            page = render(changed, site_of(article), related=self._related(changed.key))
            yield Entry(f"{article.key}/levelled", page, Claim(NORMALISED, article.key))
        for article in self._take(NEAR_COPIES):
            changed = edits.edited(article, f"{article.key}/edited")
            page = render(changed, self._other_site(article), related=self._related(changed.key))
            yield Entry(f"{article.key}/edited", page, Claim(NEAR, article.key))
        pairs = self._take(2 * LOOKALIKES)
        for article, other in zip(pairs[::2], pairs[1::2], strict=True):
            changed = edits.spliced(article, other, f"{article.key}/spliced")
            if edits.jaccard(changed.text, article.text) < 0.6 and edits.jaccard(changed.text, other.text) < 0.6:
                page = render(changed, self._other_site(other), related=self._related(changed.key))
                yield Entry(changed.key, page, Claim(LOOKALIKE))

    def _unwanted(self) -> Iterator[Entry]:
        made: list[tuple[Label, int, Callable[[str], Article]]] = [
            (SPAM, SPAM_PAGES, spam.spam),
            (BOILERPLATE, BOILERPLATE_PAGES, spam.boilerplate),
        ]
        for label, count, make in made:
            for place in range(count):
                article = make(str(place))
                url = f"https://www.{pick('host', article.key, ('shop', 'portal', 'start'))}{place}.test/{place}.html"
                yield Entry(article.key, render(article, url=url, related=self._related(url)), Claim(label))
        for place in range(FOREIGN_PAGES):
            language = spam.LANGUAGES[place % len(spam.LANGUAGES)]
            article = spam.foreign(language, str(place))
            url = f"https://{language}.example.com/{place}.html"
            local = ("utf-8", "windows-1251", "koi8-r") if language == "ru" else ("utf-8", "windows-1252")
            declared = language if place // len(spam.LANGUAGES) % 2 else "en"
            charset = pick("local", url, local)
            page = render(article, url=url, related=self._related(url), language=declared, charset=charset)
            yield Entry(article.key, page, Claim(FOREIGN))

    def _answers(self) -> Iterator[Entry]:
        for place, article in enumerate(self._take(OPT_OUTS)):
            url = url_of(article, site_of(article)).replace("https://", "https://private.")
            headers = (("X-Robots-Tag", "noai, noimageai"),) if place % 2 else ()
            head = "" if place % 2 else '\n<meta name="robots" content="noai, noimageai">'
            page = render(article, url=url, related=self._related(url), head=head, headers=headers)
            yield Entry(f"{article.key}/private", page, Claim(OPT_OUT), only_warc=True)
        for place in range(30):
            status, content_type, body, path = _NO_PAGES[place % len(_NO_PAGES)]
            url = f"https://docs.example.org/{path.format(place)}"
            moved = (("Location", "https://docs.example.org/"),) if status.startswith("301") else ()
            page = Page(url, "", body, header_charset="", headers=moved)
            yield Entry(f"answer/{place}", page, Claim(NOT_A_PAGE), status, content_type, only_warc=True)

    def _related(self, key: str) -> list[tuple[str, str]]:
        return [self._titles[number("related", f"{key}{place}", len(self._titles))] for place in range(5)]

    def _other_site(self, article: Article) -> Site:
        return pick("other-site", article.key, [site for site in (BLOG, WIKI, REFERENCE) if site != site_of(article)])


def _is_good(article: Article) -> bool:
    """Whether an article is of the kind that filters keep: running text of some length that does not repeat itself.

    Difficulties that are meant for later stages are planted on such pages only.
    """
    runs = edits.shingles(article.text)
    repeated = 1 - len(runs) / max(1, len(article.text.split()) - 4)
    return 150 <= article.prose_words >= 0.65 * article.words and article.words <= 900 and repeated < 0.05
