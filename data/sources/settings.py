"""What a recipe says about a source: its kind, its place, its columns. Keys that a kind has no use for are refused."""

from __future__ import annotations

import re
import urllib.parse
from typing import Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator

from data.sources.cc_selection import Selection
from data.sources.columns import COLUMN_PRESETS, preset_columns
from data.strict import Kind, Name, Strict

TABULAR = ("jsonl", "json", "csv", "parquet", "arrow", "huggingface")

#: Key → the kinds that read it; a key that is not listed here is for all of them.
FOR_KINDS: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("columns", "text_column", "html_column", "id_column", "url_column", "language_column", "path_column",
         "licence_column"),
        TABULAR,
    ),
    "signals": (*TABULAR, "stackexchange"),
    "salvage": ("warc", "jsonl"),
    "digests": ("warc", "common-crawl"),
    "delimiter": ("csv",),
    "header": ("csv",),
    "groups": ("html", "files", "books", "documents"),
    "config": ("huggingface",),
    "split": ("huggingface",),
    "streaming": ("huggingface",),
    "revision": ("huggingface", "git"),
    "recognised": ("git", "files", *TABULAR),
    "site": ("stackexchange",),
    "min_answers": ("stackexchange",),
    "namespaces": ("wikipedia",),
    "select": ("common-crawl",),
    "archives": ("common-crawl",),
}  # fmt: skip

#: What may be fetched: only what a recipe names goes over the network.
_SECRET = re.compile(r"(?:^|[?&;])(?:[\w-]*(?:signature|token|secret|password|credential)|sig|key|api[_-]?key)=", re.I)
#: A name, an IPv4 address, an IPv6 address in brackets or not; with or without a port.
_HOST = re.compile(r"[^\s/\\?#@*:\[\]]+(?::\d{1,5})?|\[[0-9a-fA-F:.]+\](?::\d{1,5})?|[0-9a-fA-F:.]+")
#: What fsspec would take for one address behind another.
_CHAIN = re.compile(r"^[a-z][a-z0-9+.-]*(?:://.*)?::(?:.*::)?[a-z][a-z0-9+.-]*://|^(?:zip|tar)://.*::", re.I | re.S)
CHAINED = (
    "chained addresses (zip://…::…, simplecache::…) are not read. Give the address of the file itself: it is fetched "
    "once, and removed. Archives are to be unpacked first"
)
WEB = ("http", "https")
#: Kinds that read no address, and what to do with one.
_WITHOUT_ADDRESSES = {
    "git": "repositories are read from folders of this machine. Clone it (git clone --mirror ADDRESS), give its folder",
    "huggingface": "a dataset of the hub is called by its name alone, such as HuggingFaceFW/fineweb-edu; single files "
    "at an address are read by kind jsonl, csv or parquet",
}
#: How git writes the address of a repository, too.
_SSH = re.compile(r"[\w.-]+@[\w.-]+:")
_ADDRESS = re.compile(r"^(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<place>[^/?#]*)", re.I)


class Source(Strict):
    """Where documents come from."""

    name: Name = Field(description="Unique name; part of every document's id.")
    kind: Literal[
        "warc", "html", "jsonl", "json", "csv", "parquet", "arrow", "files", "git", "books", "documents",
        "stackexchange", "wikipedia", "arxiv", "common-crawl", "huggingface",
    ] = Field(description="How it is read.")  # fmt: skip
    path: str | list[str] = Field(
        description="File, folder or glob pattern, or a list of them; relative to the recipe's `root`; or an address "
        "such as s3://bucket/crawl/*.warc.gz, and https:// where `hosts` lists the host. "
        "git: repositories, or folders that hold some. common-crawl: the index's files. "
        "huggingface: the hub's name or a local folder."
    )
    hosts: list[str] = Field(
        default_factory=list,
        description="The only hosts that http(s) addresses may name and lead to, as data.example.org:8080.",
    )
    document_kind: Kind | None = Field(
        None,
        description="What its documents are; default: web for warc, html and common-crawl, code for files and git, "
        "else text.",
    )
    columns: str | dict[str, str] | None = Field(
        None,
        description=f"Tables: names of columns by role (text, html, id, url, language, path, licence), or a known "
        f"layout: {', '.join(COLUMN_PRESETS)}. The keys *_column below count more.",
    )
    text_column: str = Field("text", description="Tables: the column that holds the text.")
    html_column: str | None = Field(None, description="The column that holds HTML to be extracted, instead of text.")
    id_column: str | None = Field("id", description="The column that holds the input's own id (origin_id), if present.")
    url_column: str | None = Field("url", description="The column that holds the URL, if present.")
    language_column: str | None = Field("language", description="The column that holds the language, if present.")
    path_column: str | None = Field("path", description="The column that holds a source file's path, if present.")
    licence_column: str | None = Field(None, description="The column that holds the licence, or a list of licences.")
    signals: dict[str, str] = Field(
        default_factory=dict,
        description="Signals that the input already carries: signal name → numeric column; of stackexchange: score, "
        "views, answers, best_answer_score, accepted.",
    )
    delimiter: str | None = Field(
        None,
        min_length=1,
        max_length=1,
        description="csv: between values; default: a tab in .tsv and .tab, else a comma.",
    )
    header: list[str] | None = Field(
        None, min_length=1, description="csv: the columns' names, where the first line is not theirs."
    )
    licence: str | None = Field(
        None,
        description="Licence of every document whose record or file states none; it counts more than what a page says.",
    )
    include: list[str] = Field(default_factory=list, description="Glob patterns of the only paths read.")
    exclude: list[str] = Field(default_factory=list, description="Glob patterns of paths left out.")
    recognised: Literal["drop", "note"] | None = Field(
        None,
        description="Vendored and generated files are dropped by these names, or only noted as metadata. Default: "
        "dropped of git; not looked for in files and in tables, which tell them by their paths.",
    )
    site: str | None = Field(
        None, description="stackexchange: the site, such as askubuntu.com; default: as the file or folder is called."
    )
    min_answers: int = Field(1, ge=0, description="stackexchange: questions with fewer are dropped as too_few_answers.")
    namespaces: list[int] = Field([0], min_length=1, description="wikipedia: the only namespaces that enter.")
    select: Selection | None = Field(None, description="common-crawl: which records of the index are read.")
    archives: str | None = Field(
        None, description="common-crawl: the folder or https:// address that the index's WARC paths start from."
    )
    config: str | None = Field(None, description="huggingface: the dataset's configuration.")
    split: str = Field("train", description="huggingface: the split.")
    revision: str | None = Field(
        None, description="huggingface: the revision; pin it. git: commit, tag or branch; default: HEAD."
    )
    streaming: bool = Field(True, description="huggingface: read rows as they come instead of downloading first.")
    groups: int = Field(
        8, ge=1, le=4096, description="files, html, books, documents: number of groups (K) that a folder is split into."
    )
    max_record_bytes: int = Field(16 * 2**20, ge=1, description="A larger record is quarantined as too_large.")
    salvage: bool = Field(
        False,
        description="What can be read of a cut or damaged compressed file is kept, marked `salvaged` in its metadata; "
        "no checksum vouches for it.",
    )
    digests: Literal["unchecked", "all"] = Field(
        "unchecked",
        description="warc: which blocks must fit their WARC-Block-Digest: those that no other checksum vouches for "
        "(plain files, zstd), or all; that costs a third of the speed.",
    )
    priority: int = Field(0, description="Among duplicates the source with the higher priority survives.")

    @property
    def documents_are(self) -> str:
        """The kind of its documents, default resolved."""
        defaults = {"warc": "web", "html": "web", "common-crawl": "web", "files": "code", "git": "code"}
        return self.document_kind or ("web" if self.html_column else defaults.get(self.kind, "text"))

    @property
    def addresses(self) -> list[str]:
        """Its paths, as a list."""
        return [self.path] if isinstance(self.path, str) else list(self.path)

    @model_validator(mode="before")
    @classmethod
    def _with_columns(cls, values: Any) -> Any:
        """Gives every role the column that `columns` says, unless a key of its own does."""
        if not isinstance(values, dict) or values.get("columns") is None:
            return values
        given = preset_columns(values["columns"])
        return {**given, **values}

    @field_validator("path", "archives", mode="before")
    @classmethod
    def _as_paths(cls, value: Any) -> Any:
        """A file:// address is a path, and from here on nothing but that."""
        if isinstance(value, list):
            return [local_path(one) if isinstance(one, str) else one for one in value]
        return local_path(value) if isinstance(value, str) else value

    @field_validator("path", "archives")
    @classmethod
    def _as_address(cls, value: Any, info: ValidationInfo) -> Any:
        """Recipes are published with the dataset: a secret in one would be, too. No address stands behind another."""
        for address in value if isinstance(value, list) else [value or ""]:
            if is_chain(address):
                raise ValueError(CHAINED)
            found = _ADDRESS.match(address)
            if info.data.get("kind") in _WITHOUT_ADDRESSES and (found or _SSH.match(address)):
                raise ValueError(_WITHOUT_ADDRESSES[info.data["kind"]])
            if found and ("@" in found["place"] and found["scheme"].lower() not in ("abfs", "abfss")):
                raise ValueError(
                    "an address with a password in it would be published with the recipe; take it out, and give "
                    "credentials in the environment, as the storage's own tools read them"
                )
            if found and _SECRET.search(address):
                raise ValueError(
                    "a signed address would be published with the recipe; give credentials in the environment"
                )
        return value

    @field_validator("delimiter")
    @classmethod
    def _as_delimiter(cls, value: str | None) -> str | None:
        if value is not None and value in '"\r\n':
            raise ValueError("a quote or a line end cannot stand between values; expected a sign such as ; or |")
        return value

    @model_validator(mode="after")
    def _belongs_together(self) -> Source:
        for key, kinds in FOR_KINDS.items():
            field = type(self).model_fields[key]
            default = field.get_default(call_default_factory=True)
            if self.kind not in kinds and getattr(self, key) != default:
                fits = ", ".join(kinds)
                raise ValueError(f"`{key}` is for {fits}; kind {self.kind} has no use for it. Take it out")
        if self.kind == "common-crawl" and (self.select is None or self.archives is None):
            raise ValueError(
                "kind common-crawl needs `select` (which records) and `archives` (where the WARC files are)"
            )
        if self.archives and (found := _ADDRESS.match(self.archives)) and found["scheme"].lower() not in WEB:
            raise ValueError(
                f"`archives` cannot be at {found['scheme']}://: records are fetched by range from https://, or read "
                "from a folder. Give one of these"
            )
        self._check_hosts()
        return self

    def _check_hosts(self) -> None:
        from data.errors import did_you_mean
        from data.sources.web import PORTS, is_listed

        for address in [*self.addresses, *([self.archives] if self.archives else [])]:
            found = _ADDRESS.match(address)
            place = found["place"].lower() if found else ""
            if found is None or found["scheme"].lower() not in PORTS or is_listed(address, self.hosts):
                continue
            if found["scheme"].lower() == "hdfs" and not place:  # the name node that this machine is set up for
                continue
            hint = did_you_mean(place, self.hosts)
            raise ValueError(f"nothing is fetched from {place}: `hosts` does not list it.{hint} Add `hosts: [{place}]`")

    @field_validator("hosts")
    @classmethod
    def _as_hosts(cls, value: list[str]) -> list[str]:
        """A host is written as it stands in an address, in small letters or not."""
        for host in value:
            if not _HOST.fullmatch(host):
                raise ValueError(
                    f"{host!r} is no host; expected a name alone, such as data.example.org or data.example.org:8080: "
                    "no scheme, no path, no wildcard"
                )
        return [host.lower() for host in value]


def without_secrets(text: str) -> str:
    """Returns what a person wrote without users, passwords and queries of addresses in it, as messages may show it."""
    return re.sub(r"(://[^\s?]*)\?[^\s'\"]*", r"\1?…", re.sub(r"://[^/\s@]*@", "://…@", text))


def local_path(address: str) -> str:
    """Returns the path that a file:// address names; whatever else is given, as it is."""
    found = _ADDRESS.match(address)
    if found is None or found["scheme"].lower() not in ("file", "local") or found["place"] not in ("", "localhost"):
        return address
    return urllib.parse.unquote(address[found.end() :])


def is_address(path: str) -> bool:
    """Returns whether a path is an address such as s3://bucket/key, not a place in the file system."""
    return _ADDRESS.match(path) is not None


def is_chain(path: str) -> bool:
    """Returns whether a path is an address that stands behind another, as in zip://a.jsonl::s3://bucket/a.zip."""
    return _CHAIN.match(path) is not None
