"""Stack Exchange dumps (Posts.xml): one document for each question, with its answers, the best first.

A dump has a question's answers anywhere behind it, so posts are first put into a SQLite file in the scratch
folder, then read question by question: memory does not grow with the dump, the disk holds it once more.
A question's number is that of its row. Rows that are neither question nor answer, and answers to questions
that the dump lacks, are rows that end here.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
import tempfile
from pathlib import Path
from typing import Any, Iterator

from data.errors import PhimillError
from data.recipe import Source
from data.schema import document
from data.sources import InputFile
from data.sources.archives import SUFFIX
from data.sources.html_fragment import fragment_text
from data.sources.members import Damage
from data.sources.pieces import damage_row
from data.sources.records import Row, quarantined, signal_values
from data.sources.xml_records import BadXml, Marks, XmlRecord, cut_records, parse

QUESTION, ANSWER = "1", "2"
#: Posts written at once, and characters of them.
BATCH = 5000
BATCH_CHARS = 8 * 2**20
#: Where a post's text stands among its values.
_BODY = 7
#: Licences by date of the post, as Stack Exchange changed them, for dumps that do not name them.
_LICENCES = (("2018-05-02", "CC-BY-SA-4.0"), ("2011-04-08", "CC-BY-SA-3.0"), ("", "CC-BY-SA-2.5"))
_TAGS = re.compile(r"[^<>|\s]+")
_POSTS = re.compile(r"(?:^|[/-])posts\.xml.*$", re.IGNORECASE)

_MARKS = Marks(b"<row ", b"<", stray=b"/>", close=b"</posts", keep_end=False)

_SCHEMA = """
create table posts (
    question integer not null, is_answer integer not null, score integer not null, id integer not null,
    number integer not null, title text, tags text, body text not null, date text not null,
    licence text, views integer, wanted integer
);
"""
_ORDER = "create index by_question on posts (question, is_answer, score desc, id)"
_ALL = "select * from posts indexed by by_question order by question, is_answer, score desc, id"


def read_posts(file: InputFile, source: Source, scratch: Path | None) -> Iterator[Row]:
    """Yields a row for each question of a dump, for each post that belongs to none, and for each damaged stretch."""
    if file.bytes == 0:
        yield quarantined(source, file.relative, "empty_file")
        return
    with tempfile.TemporaryDirectory(prefix="posts-", dir=scratch) as folder, _database(Path(folder)) as posts:
        number = 0
        waiting: list[tuple[Any, ...]] = []
        damages = size = 0
        for item in cut_records(file, _MARKS, source.max_record_bytes):
            if isinstance(item, Damage):
                yield damage_row(file, source, item, damages)
                damages += 1
            elif isinstance(item, XmlRecord):
                post = _post(item, f"{file.relative}:{number}", number, source)
                number += 1
                if isinstance(post, dict):
                    yield post
                else:
                    waiting.append(post)
                    size += len(post[_BODY])
                if size > BATCH_CHARS or len(waiting) >= BATCH:
                    posts.executemany(_INSERT, waiting)
                    waiting, size = [], 0
        posts.executemany(_INSERT, waiting)
        posts.execute(_ORDER)
        if not number and not damages:
            yield quarantined(source, file.relative, "no_posts", expected="<row Id=… PostTypeId=…/> elements")
        yield from _threads(posts, file, source)


_INSERT = "insert into posts values (" + ", ".join("?" * 12) + ")"


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(folder / "posts.sqlite", isolation_level=None)) as connection:
        # It is thrown away in the end; what a kill leaves is swept with the scratch folder.
        for setting in ("journal_mode=off", "synchronous=off", "cache_size=-65536", "temp_store=file"):
            connection.execute(f"pragma {setting}")
        connection.execute(f"pragma temp_store_directory='{str(folder).replace(chr(39), chr(39) * 2)}'")
        connection.execute(_SCHEMA)
        connection.execute("begin")
        try:
            yield connection
        except sqlite3.Error as error:
            raise PhimillError(f"{folder}: posts cannot be put down there ({error}); make room there") from error


def _post(record: XmlRecord, locator: str, number: int, source: Source) -> tuple[Any, ...] | Row:
    """Returns what the database keeps of a post, or the row of one that is no question and no answer."""
    if record.content is None:
        return quarantined(source, locator, "too_large", offset=record.offset)
    content = record.content.rstrip()
    if not record.is_whole or record.is_stray or not content.endswith(b"/>"):
        return quarantined(
            source, locator, "truncated" if not record.is_whole else "bad_xml", content, offset=record.offset
        )
    try:
        fields = parse(content).attrib
    except BadXml as error:
        return quarantined(source, locator, "bad_xml", content, offset=record.offset, error=str(error))
    kind = fields.get("PostTypeId")
    identity, parent = _number(fields, "Id"), _number(fields, "ParentId")
    if identity is None or kind is None or (kind == ANSWER and parent is None):
        origin_id = None if identity is None else str(identity)
        return quarantined(source, locator, "bad_post", content, origin_id=origin_id, offset=record.offset)
    if kind not in (QUESTION, ANSWER):
        facts = {"post_type": kind}
        return document(
            source.name, locator, kind=source.documents_are, origin_id=str(identity), metadata=facts, status="dropped",
            reason="no_question",
        )  # fmt: skip
    is_answer = kind == ANSWER
    return (
        parent if is_answer else identity, int(is_answer), _number(fields, "Score") or 0, identity, number,
        fields.get("Title"), fields.get("Tags"), fields.get("Body") or "", fields.get("CreationDate") or "",
        fields.get("ContentLicense"), _number(fields, "ViewCount"), _number(fields, "AcceptedAnswerId"),
    )  # fmt: skip


def _number(fields: Any, name: str) -> int | None:
    value = fields.get(name)
    try:
        found = int(value) if value is not None and len(value) < 19 else None
    except ValueError:
        return None
    return found


def _threads(posts: sqlite3.Connection, file: InputFile, source: Source) -> Iterator[Row]:
    """Yields a row for each question with its answers, in the order of their ids."""
    columns = [name for name, *_ in posts.execute("select * from posts limit 0").description]
    thread: list[dict[str, Any]] = []
    size = 0
    for values in posts.execute(_ALL):
        post = dict(zip(columns, values, strict=True))
        if thread and post["question"] != thread[0]["question"]:
            yield from _thread(thread, file, source)
            thread, size = [], 0
        size += len(post["body"])
        if size > source.max_record_bytes and thread:
            post["body"] = None  # the worst answers of a thread without end: counted, not kept
        thread.append(post)
    if thread:
        yield from _thread(thread, file, source)


def _thread(thread: list[dict[str, Any]], file: InputFile, source: Source) -> Iterator[Row]:
    question, *answers = thread
    twins = [post for post in answers if not post["is_answer"]]  # an id that stands twice
    answers = [post for post in answers if post["is_answer"]]
    if question["is_answer"]:
        for post in thread:
            yield _ended(post, file, source, "no_question_here")
        return
    for post in twins:
        yield _ended(post, file, source, "duplicate_id", "quarantined")
    for post in (question, *answers):
        if post["body"] is not None:
            post["body"] = fragment_text(post["body"])
    answers = [post for post in answers if post["body"] != ""]  # an empty one answers nothing
    accepted = question["wanted"]
    answers.sort(key=lambda post: (-post["score"], post["id"] != accepted, post["id"]))
    site = source.site or _site_of(file.relative)
    facts: dict[str, Any] = {
        "title": question["title"],
        "tags": _TAGS.findall(question["tags"] or "") or None,
        "date": question["date"] or None,
        "site": site,
        "answers": len(answers),
        "answers_left_out": sum(post["body"] is None for post in answers) or None,
    }
    numbers = {
        "score": question["score"],
        "views": question["views"],
        "answers": len(answers),
        "best_answer_score": answers[0]["score"] if answers else None,
        "accepted": int(any(post["id"] == accepted for post in answers)),
    }
    facts |= {"score": numbers["score"], "best_answer_score": numbers["best_answer_score"]}
    if source.signals:
        facts["signals"] = signal_values(numbers, source)
    few = len(answers) < source.min_answers
    yield document(
        source.name,
        f"{file.relative}:{question['number']}",
        kind=source.documents_are,
        text=None if few else _composed(question, answers, accepted),
        origin_id=str(question["id"]),
        url=f"https://{site}/questions/{question['id']}" if site else None,
        licence=source.licence or _licence(thread),
        metadata=facts,
        status="dropped" if few else "",
        reason="too_few_answers" if few else "",
    )


def _ended(post: dict[str, Any], file: InputFile, source: Source, reason: str, status: str = "dropped") -> Row:
    return document(
        source.name,
        f"{file.relative}:{post['number']}",
        kind=source.documents_are,
        origin_id=str(post["id"]),
        metadata={"question": post["question"]},
        status=status,
        reason=reason,
    )


def _composed(question: dict[str, Any], answers: list[dict[str, Any]], accepted: int | None) -> str:
    title = " ".join((question["title"] or "").split())
    parts = [f"# {title}"] if title else []
    parts.append(question["body"])
    for post in answers:
        if post["body"]:
            parts += ["## Accepted answer" if post["id"] == accepted else "## Answer", post["body"]]
    return "\n\n".join(part for part in parts if part) + "\n"


def _licence(thread: list[dict[str, Any]]) -> str:
    """Returns the licences of all posts of a thread, joined: each holds for a part of the text."""
    found = set()
    for post in thread:
        stated = (post["licence"] or "").strip().replace("CC BY-SA ", "CC-BY-SA-")
        by_date = next(licence for since, licence in _LICENCES if post["date"][:10] >= since)
        found.add(stated or by_date)
    return " AND ".join(sorted(found))


def _site_of(relative: str) -> str | None:
    """Returns the site that a dump's name tells: `askubuntu.com/Posts.xml`, `askubuntu.com-Posts.xml`.

    So does an archive's: `askubuntu.com.zip/Posts.xml`.
    """
    name = _POSTS.sub("", relative).rstrip("/").rpartition("/")[2].removesuffix(SUFFIX).removesuffix("-Posts")
    return name if re.fullmatch(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", name) else None
