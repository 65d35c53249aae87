"""Pages that nobody wants to learn from: spam, furniture without content, other languages."""

from __future__ import annotations

from importlib.resources import files

from data.sample_corpus.articles import Article
from data.sample_corpus.choices import number, pick, ranked
from data.sample_corpus.prose import Block

LANGUAGES = ("de", "es", "fr", "ru")

_GOODS = (
    "watches",
    "mattresses",
    "garden hoses",
    "phone cases",
    "running shoes",
    "desk lamps",
    "sunglasses",
    "blenders",
)
_TOWNS = ("Northport", "Easton", "Millbrook", "Riverside", "Lakewood", "Fairview", "Springdale", "Ashford")
_PRAISE = ("cheap", "best", "discount", "top rated", "original", "luxury", "wholesale", "free shipping")
_CALLS = ("BUY NOW!!!", "CLICK HERE >>>", "LIMITED OFFER...", "ORDER TODAY $$$", "DON'T MISS OUT!!!")
_FAMILIES = ("stuffed", "farm", "shouting", "doorway")


def spam(key: str) -> Article:
    """Returns a spam page: stuffed with key words, a farm of links, shouting, or a doorway page."""
    family = pick("spam", key, _FAMILIES)
    goods, town, praise = pick("goods", key, _GOODS), pick("town", key, _TOWNS), pick("praise", key, _PRAISE)
    if family == "stuffed":
        phrase = f"{praise} {goods} {town} buy {goods} online {praise} {goods} store"
        blocks = [Block("paragraph", " ".join([phrase] * (12 + number("repeat", key, 20))))]
    elif family == "farm":
        blocks = [
            Block("item", f"{pick('praise', f'{key}{line}', _PRAISE)} {pick('goods', f'{key}{line}', _GOODS)} {line}")
            for line in range(60 + number("lines", key, 60))
        ]
    elif family == "shouting":
        blocks = [
            Block(
                "paragraph",
                f"{pick('call', f'{key}{line}', _CALLS)} {praise.upper()} {goods.upper()} #{goods} #sale #deal ###",
            )
            for line in range(20 + number("lines", key, 20))
        ]
    else:
        sentence = f"Are you looking for {praise} {goods} in {town}? Our {goods} are the {praise} {goods} in {town}."
        blocks = [Block("paragraph", sentence) for _ in range(10 + number("lines", key, 20))]
    title = f"{praise.title()} {goods.title()} {town}"
    return Article(f"spam/{key}#0", title, "offers", "description", tuple(blocks))


def boilerplate(key: str) -> Article:
    """Returns a page that has a site's furniture and next to nothing besides."""
    code = number("code", key, 9000) + 1000
    bodies: dict[str, list[str]] = {
        "Page not found": [
            "The page that you asked for is not here.",
            f"Error reference {code}. Go back or use the search.",
        ],
        "Log in": ["Please log in to continue.", "User name", "Password", "Forgot your password?", f"Session {code}"],
        "Please enable JavaScript": ["You need to enable JavaScript to run this app.", f"Build {code}"],
        "This domain is for sale": ["This domain may be for sale. Make an offer.", f"Listing {code}"],
        "Placeholder": [f"Lorem ipsum dolor sit amet, template {code}. Replace this text with your own."] * 4,
        "Untitled": [],
        "All entries": [f"Entry {code + line}" for line in range(80)],
    }
    title = pick("boilerplate", key, sorted(bodies))
    blocks = tuple(Block("item" if title == "All entries" else "paragraph", line) for line in bodies[title])
    return Article(f"boilerplate/{key}#0", title, "site", "description", blocks)


def foreign(language: str, key: str) -> Article:
    """Returns a page of some paragraphs in another language."""
    text = files("data.sample_corpus").joinpath(f"foreign/{language}.txt").read_text(encoding="utf-8")
    paragraphs = [paragraph.strip() for paragraph in text.split("\n\n") if paragraph.strip()]
    chosen = ranked(f"foreign/{key}", paragraphs, lambda paragraph: paragraph)[: 4 + number("length", key, 3)]
    title = chosen[0].partition(".")[0][:60]
    return Article(f"{language}/{key}#0", title, language, "topic", tuple(Block("paragraph", text) for text in chosen))
