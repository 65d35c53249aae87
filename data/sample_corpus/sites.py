"""Sites that do not exist: they put the furniture of real pages around an article.

Navigation, cookie banners, side bars, related links, comments and footers are what an
extractor has to remove; every site has its own.
"""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from data.sample_corpus.articles import Article
from data.sample_corpus.choices import number, pick
from data.sample_corpus.prose import to_html

if TYPE_CHECKING:
    import jinja2


@dataclasses.dataclass(frozen=True)
class Site:
    """A site: `template` stands in the folder templates/, `path` is a URL's path with {about} and {slug}."""

    name: str
    host: str
    template: str
    path: str


@dataclasses.dataclass(frozen=True)
class Page:
    """A page as a crawler gets it.

    Attributes:
        html: its bytes in `charset`.
        charset: as its own HTML declares it.
        header_charset: what the server's Content-Type says; empty for nothing.
        headers: further headers of the response.
    """

    url: str
    title: str
    html: bytes
    charset: str = "utf-8"
    header_charset: str = "utf-8"
    headers: tuple[tuple[str, str], ...] = ()


REFERENCE = Site("Example Docs", "docs.example.org", "reference", "/{about}/{slug}.html")
PACKAGES = Site("Example Package Index", "packages.example.net", "packages", "/project/{about}/{slug}/")
BLOG = Site("Notes from the Build Room", "blog.example.com", "blog", "/2024/{month:02d}/{slug}/")
WIKI = Site("Handbook Wiki", "handbook.test", "wiki", "/wiki/{slug}")
PLAIN = Site("Old Mirror", "mirror.example.edu", "plain", "/~docs/{about}/{slug}.htm")

_SITES = {
    "docstrings": (REFERENCE, REFERENCE, BLOG, BLOG, WIKI, WIKI, PLAIN),
    "description": (PACKAGES, PACKAGES, PACKAGES, BLOG, PLAIN),
    "topic": (REFERENCE, WIKI, BLOG),
}
_CHARSETS = ("utf-8",) * 12 + ("windows-1252", "iso-8859-1")
_AUTHORS = ("marta", "jules_b", "K. Osei", "old_timer", "nadia", "anon", "piet", "sven from accounting")
_COMMENTS = (
    "Thanks, this saved my afternoon.",
    "Does this also work on older versions? I am stuck with one at work.",
    "First! Also: great write-up.",
    "I get an error when I paste this into my terminal, what am I doing wrong?",
    "Bookmarked. The part in the middle should really be in the official manual.",
    "You could mention that the default changed a while ago.",
    "+1",
    "We tried this in production and it was fine until the disk was full :)",
    "Could you write a follow-up about testing?",
    "I think there is a typo in the second example.",
)


@functools.cache
def _environment() -> jinja2.Environment:
    import jinja2

    loader = jinja2.PackageLoader("data.sample_corpus", "templates")
    return jinja2.Environment(
        loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )


def site_of(article: Article) -> Site:
    """Returns the site on which an article appears."""
    return pick("site", article.key, _SITES[article.origin])


def url_of(article: Article, site: Site) -> str:
    """Returns the article's address on a site."""
    slug = re.sub(r"[^a-z0-9]+", "-", article.title.lower()).strip("-")[:60]
    page = article.key.rpartition("#")[2]
    slug = slug if page == "0" else f"{slug}-{page}"
    unique = f"{number('slug', article.key, 0xFFFF):04x}"
    month = 1 + number("month", article.key, 12)
    return f"https://{site.host}" + site.path.format(about=article.about, slug=f"{slug}-{unique}", month=month)


def render(
    article: Article,
    site: Site | None = None,
    *,
    url: str = "",
    related: Sequence[tuple[str, str]] = (),
    language: str = "en",
    charset: str = "",
    head: str = "",
    headers: tuple[tuple[str, str], ...] = (),
) -> Page:
    """Returns an article as a page of a site; what is not given is chosen by the article's key.

    Args:
        related: titles and addresses of other pages.
        head: HTML for the page's head.
    """
    from markupsafe import Markup

    site = site or site_of(article)
    url = url or url_of(article, site)
    charset = charset or pick("charset", url, _CHARSETS)
    values: dict[str, Any] = {
        "url": url,
        "title": article.title,
        "about": article.about,
        "language": language,
        "charset": charset,
        "head": Markup(head),
        "body": Markup(to_html(article.blocks)),
        "build": f"{number('build', site.host, 1 << 28):07x}",
        "date": f"2024-{1 + number('month', article.key, 12):02d}-{1 + number('day', article.key, 28):02d}",
        "minutes": 1 + article.words // 220,
        "stars": number("stars", article.about, 9000),
        "forks": number("forks", article.about, 900),
        "related": [{"title": title, "url": address} for title, address in related],
        "comments": _comments(url),
    }
    text = _environment().get_template(f"{site.template}.html.j2").render(page=values, site=site)
    header_charset = pick("header", url, (charset, charset, ""))
    return Page(url, article.title, text.encode(charset, "xmlcharrefreplace"), charset, header_charset, headers)


def _comments(url: str) -> list[dict[str, str]]:
    return [
        {
            "author": pick("author", f"{url}{place}", _AUTHORS),
            "date": f"2024-{1 + number('when', f'{url}{place}', 12):02d}-11",
            "text": pick("comment", f"{url}{place}", _COMMENTS),
        }
        for place in range(number("comments", url, 5))
    ]
