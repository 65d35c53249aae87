"""Which records of a crawl's index are wanted: the recipe's `select`."""

from __future__ import annotations

import fnmatch

from pydantic import Field, field_validator, model_validator

from data.iso_639 import language_codes, near_codes
from data.strict import Share, Strict


def in_ascii(host: str) -> str:
    """Returns a host as URLs have it: names in other letters in Punycode, where they can be written so."""
    if host.isascii():
        return host
    import idna

    try:
        return idna.encode(host, uts46=True).decode()
    except idna.IDNAError:
        return host


class Selection(Strict):
    """Which captures of a Common Crawl index are read; all of the given conditions must hold."""

    domains: list[str] = Field(default_factory=list, description="Hosts and all below them: example.org, .edu, de.")
    languages: list[str] = Field(
        default_factory=list, description="Languages of the page, as the index has them (eng, deu) or as en, de."
    )
    mimes: list[str] = Field(["text/html"], description="Media types as detected; `text/*` is all texts; [] is any.")
    status: list[int] = Field([200], description="HTTP status codes; [] is any.")
    url: str | None = Field(None, description="A regular expression that the URL must match somewhere.")
    first_language_only: bool = Field(True, description="Only the language that most of the page is in counts.")
    max_records: int | None = Field(None, ge=1, description="At most this many, the first in the order of the index.")
    share: Share | None = Field(None, description="Only this share of them, chosen by keyed hash of URL and digest.")

    @field_validator("domains", mode="after")
    @classmethod
    def _bare(cls, value: list[str]) -> list[str]:
        for domain in value:
            if "/" in domain or ":" in domain or not domain.strip("."):
                raise ValueError(f"{domain!r} is no domain; expected a name such as example.org or .edu")
        return [in_ascii(domain.lower().removeprefix("*").strip(".")) for domain in value]

    @field_validator("languages", mode="after")
    @classmethod
    def _are_codes(cls, value: list[str]) -> list[str]:
        known = language_codes()
        for language in value:
            if (code := language.lower()) not in known:
                near = " or ".join(near_codes(code))
                hint = f"; did you mean {near}?" if near else ""
                raise ValueError(f"{language!r} is no language code; expected one as eng or deu, or as en or de{hint}")
        return value

    @field_validator("url", mode="after")
    @classmethod
    def _compiles(cls, value: str | None) -> str | None:
        import re

        try:
            re.compile(value or "")
        except re.error as error:
            raise ValueError(f"is no regular expression ({error})") from None
        return value

    @model_validator(mode="after")
    def _chooses(self) -> Selection:
        """A whole crawl is 3 billion pages, nearly all of them HTML that was found; nobody means that."""
        by_type = bool(self.mimes) and not any(fnmatch.fnmatchcase("text/html", mime.lower()) for mime in self.mimes)
        by_status = bool(self.status) and 200 not in self.status
        named = self.domains or self.languages or self.url or self.max_records or self.share is not None
        if not (named or by_type or by_status):
            raise ValueError(
                "choose by `domains`, `languages`, `url`, `share` or `max_records`, by `mimes` without text/html or by "
                "`status` without 200: a crawl has billions of pages"
            )
        return self
