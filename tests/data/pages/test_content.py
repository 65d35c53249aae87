from __future__ import annotations

from typing import cast

import numpy as np
import pytest

from data import extract_html
from data.errors import UsageError
from data.pages import content, network, reading
from data.pages.content import find_content
from data.pages.features import bucket, share
from data.pages.held_out import fold_of
from data.pages.labels import label
from data.pages.network import MAX_LOGIT, read_network, shipped
from data.pages.prepare import STRESS_UNWANTED, STRESS_WANTED, _correct, site_of, to_json
from data.pages.reader import read_blocks
from data.pages.source import parse, without_scripts
from data.pages.training import Sample, _loss_weights, train

SENTENCES = [
    "A river carries more water in spring, when the snow of the mountains melts, than in any other season.",
    "Engineers measure its height every day, and write it down beside the height of the year before.",
    "From such a table they can see how long a flood will last, and which fields it is going to cover.",
]
MENU = "<ul class='menu'>" + "".join(f'<li><a href="/{n}">Section {n}</a>' for n in range(40)) + "</ul>"
FOOT = "<div class='footer'><p>Copyright 2020. <a href='/terms'>Terms of use</a></p></div>"
ARTICLE = "<h1>Rivers</h1>" + "".join(f"<p>{sentence * 2}</p>" for sentence in SENTENCES)


@pytest.mark.parametrize("around", ["<article>%s</article>", "<div class='post-content'>%s</div>", "<div>%s</div>"])
@pytest.mark.parametrize("menu", [MENU, MENU.replace(" class='menu'", ""), f"<nav>{MENU}</nav>"])
def test_paragraphs_are_kept_and_menus_are_not(around: str, menu: str) -> None:
    text = extract_html(f"<body>{menu}{around % ARTICLE}{FOOT}".encode()).text
    assert all(sentence in text for sentence in SENTENCES)
    assert "Section 7" not in text


def test_a_page_of_comments_alone_is_read_again_with_them() -> None:
    answers = "".join(f"<div class='comment'><p>{sentence * 3}</p></div>" for sentence in SENTENCES)
    text = extract_html(f"<body>{MENU}<div class='comments'>{answers}</div>".encode()).text
    assert all(sentence in text for sentence in SENTENCES)


def test_a_page_of_links_alone_is_not_empty() -> None:
    assert "Section 20" in extract_html(f"<body><nav>{MENU}</nav>".encode()).text


def test_the_engines_are_those_of_the_recipe_and_each_reads_a_page() -> None:
    page = f"<body>{MENU}<article>{ARTICLE}</article>".encode()
    for engine in ("resiliparse", "trafilatura", "resiliparse+trafilatura", "plain"):
        assert SENTENCES[1] in extract_html(page, engine=engine).text
    assert "Section 7" in extract_html(page, engine="plain").text
    with pytest.raises(UsageError, match="plain"):
        extract_html(page, engine="plane")


def test_the_model_answers_in_whole_numbers_that_no_order_of_adding_can_change() -> None:
    page = read_blocks(parse(f"<body>{MENU}<article>{ARTICLE}</article>{FOOT}"))
    network = shipped()
    for layer in (network.first, network.second):
        assert np.array_equal(layer.inner, np.rint(layer.inner))
        largest = np.abs(layer.inner).sum(axis=0) * 256 + np.abs(layer.inner_bias)
        assert (largest * np.abs(layer.answer)).sum() < 2**53
    logits = network.logits(page)
    assert logits.dtype == np.int64
    assert np.abs(logits).max() <= MAX_LOGIT
    assert np.array_equal(logits, read_network(to_json(network)).logits(page))


def test_of_a_long_manual_every_section_is_kept() -> None:
    def section(number: int) -> str:
        steps = "".join(f"<li><p>Step {number}.{step}.</p>" for step in range(6))
        text = f"<p>{SENTENCES[number % 3]} Part {number}.</p><ul>{steps}</ul><pre>make part-{number}</pre>"
        return f"<div class='section'><h3>{number}. Part</h3><div class='section'>{text * 2}</div></div>"

    sections = "".join(map(section, range(150)))
    text = extract_html(f"<body><h1>Rivers, a manual</h1><div class='chapter'>{sections}</div>".encode()).text
    lost = [number for number in range(150) if f"Part {number}." not in text or f"make part-{number}\n" not in text]
    assert lost == []
    assert [number for number in range(150) if f"Step {number}.3." not in text] == []


class Opinion:
    """Stands in for a network, with answers of its own."""

    def __init__(self, *logits: int) -> None:
        self._logits = np.array(logits)

    def logits(self, page: object) -> object:
        return self._logits


@pytest.mark.parametrize(("long_chars", "kept"), [(401, [0, 3]), (400, [0, 1, 3]), (399, [0, 1, 3])])
def test_all_between_is_kept_of_a_document_that_is_long(
    long_chars: int, kept: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Water " * 33 + "is"  # 200 characters
    page = read_blocks(parse(f"<body>{f'<p>{text}</p>' * 2}<p><a href='/w'>{text}</a></p>{f'<p>{text}</p>' * 2}"))
    monkeypatch.setattr(content, "LONG_CHARS", long_chars)
    found = find_content(page, cast(network.Network, Opinion(64, -64, -64, 64, -64)))
    assert found.numbers == kept


@pytest.mark.parametrize(("caption_chars", "kept"), [(15, [0, 2]), (16, [0, 1, 2]), (17, [0, 1, 2])])
def test_captions_within_a_long_article_are_left_out(
    caption_chars: int, kept: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "Water " * 33 + "is"  # 200 characters, and of twice as many a 25th is 16
    page = read_blocks(parse(f"<p>{text}</p><p>{'c' * caption_chars}</p><p>{text}</p><p>{text * 2}</p>"))
    monkeypatch.setattr(content, "LONG_CHARS", 400)
    assert find_content(page, cast(network.Network, Opinion(64, -64, 64, -64))).numbers == kept


def test_terms_are_kept_with_what_they_mean() -> None:
    terms = "".join(
        f"<dt>Table.part{number}(<em>name</em>)<dd>Gives a part.<p>{SENTENCES[number % 3]}</p>" for number in range(9)
    )
    text = extract_html(f"<body>{MENU}<article>{ARTICLE}<dl>{terms}</dl></article>{FOOT}".encode()).text
    assert [number for number in range(9) if f"Table.part{number}(name)\n  Gives a part." not in text] == []


@pytest.mark.parametrize("compiled", [False, True])
def test_a_flood_of_blocks_is_looked_at_in_pieces_with_the_same_answers(
    compiled: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    html = "<body>" + "".join(f"<div class=c{n % 7}><p>{'Word ' * (n % 23 + 1)}</p></div>" for n in range(100))
    page = reading.load().read(parse(html).encode(), b"", whole=False) if compiled else read_blocks(parse(html))
    assert page is not None
    at_once = shipped().logits(page)
    monkeypatch.setattr(network, "PIECE", 7)
    assert shipped().logits(page).tolist() == at_once.tolist()
    assert len(set(at_once.tolist())) > 1


def test_training_learns_from_some_sites_what_holds_on_others_and_gives_the_same_bytes_again() -> None:
    def sample(number: int) -> Sample:
        body = f"<div class='x{number}'>{MENU}</div><div class='text'>{ARTICLE}</div><div class='foot'>{FOOT}</div>"
        page = read_blocks(parse(f"<body>{body}"))
        labels = np.array([float(block.words > 8) for block in page.blocks])
        return Sample(f"site{number}", page, labels, 3.0)

    samples = [sample(number) for number in range(40)]
    network = train(samples[:36], {"pages": 36})
    kept = find_content(samples[38].page, network).kept
    assert [block.text for block, keep in zip(samples[38].page.blocks, kept, strict=True) if keep and block.words > 8]
    assert not any(kept[number] for number, block in enumerate(samples[38].page.blocks) if block.text == "Section 7")
    assert to_json(network) == to_json(train(samples[:36], {"pages": 36}))


def test_what_people_named_is_set_right_and_matters_more_in_training() -> None:
    texts = ["River and bank", "Read also: River news of today", "A long paragraph that names the river and its bank"]
    labels = np.array([0.0, 1.0, 1.0])
    truth = {"segments_with": ["River and bank"], "segments_without": ["Read also: River news"]}
    stress = _correct(labels, texts, truth)
    assert labels.tolist() == [1.0, 0.0, 1.0]
    assert stress.tolist() == [STRESS_WANTED, STRESS_UNWANTED, 1.0]
    page = read_blocks(parse("<body>" + "".join(f"<p>{text}</p>" for text in texts)))
    plain, stressed = (_loss_weights(Sample("a.com", page, labels, 1.0, each)) for each in (None, stress))
    assert np.allclose(stressed, plain * stress)


def test_a_block_of_four_times_the_words_matters_to_the_networks_twice_as_much() -> None:
    page = read_blocks(parse(f"<body><p>{'word ' * 8}</p><p>{'word ' * 38}</p>"))
    short, long = _loss_weights(Sample("a.com", page, np.ones(2))).tolist()
    assert long == pytest.approx(2 * short)


def test_labels_are_shares_of_words_in_order() -> None:
    text = "Title here. The first long paragraph of this text stands here. Share. The second one follows it right here."
    blocks = ["Imprint", "Title here.", "The first long paragraph of this text stands here.", "Share"]
    blocks += ["Quite another paragraph, which the text does not have.", "The second one follows it right here."]
    assert label(blocks, text).tolist() == [0.0, 1.0, 1.0, 1.0, 0.0, 1.0]


def test_counts_and_shares_are_told_apart_by_whole_numbers() -> None:
    assert bucket(np.array([0, 1, 2, 3, 4, 5, 6, 41_000])).tolist() == [0, 1, 2, 3, 4, 4, 5, 28]
    assert share(np.array([0, 1, 8]), np.array([0, 2, 8])).tolist() == [0, 8, 16]


def test_sites_go_to_one_fold_whole() -> None:
    assert site_of("https://www.blog.example.co.uk/a") == "example.co.uk"
    assert site_of("http://news.example.com/") == "example.com"
    assert {fold_of("example.com", 5) for _ in range(3)} == {fold_of("example.com", 5)}


@pytest.mark.parametrize(
    ("page", "left"),
    [
        (b"a<script>x<y</script>b", b"ab"),
        (b"a<style>p{}</style >b<!-- c -->d", b"abd"),
        (b"a<!--><p>b</p>", b"a<!--><p>b</p>"),
        (b"<!-- <script> --><p>b</p><script></script>", b"<p>b</p>"),
        (b"<a onclick=\"w('<script src=x>')\">b</a><script></script>", b"<a onclick=\"w('<script src=x>')\">b</a>"),
        (b'a<script type="math/tex">x</script>', b'a<script type="math/tex">x</script>'),
        (b"a<script>never closed", b"a<script>never closed"),
        (b"a<SCRIPT>x</SCRIPT>b<script>y</SCRIPT>c", b"ab<script>y</SCRIPT>c"),
        (b"a<script>x</scripty></script>b", b"a<script>x</scripty></script>b"),
        (b"a<!-- -- ! --!>b<!--->c<!-- d", b"ab<!--->c<!-- d"),
        (b"a<noscript><style>x</style></noscript\n>b<", b"ab<"),
        (b"a<stylesheet>b</stylesheet><s", b"a<stylesheet>b</stylesheet><s"),
    ],
)
def test_scripts_are_taken_out_and_nothing_else(page: bytes, left: bytes) -> None:
    assert without_scripts(page) == left
    assert reading.load().strip(page) == (left, None)


def test_a_flood_of_attributes_costs_no_time_and_takes_no_text() -> None:
    flood = " ".join(f"a{number}=1" for number in range(200_000))
    assert extract_html(f"<body><p {flood}>The text in it.</p><p>More.".encode()).text == "The text in it.\n\nMore."
    picture = f'<img src="data:image/png;base64,{"A" * 1_000_000}">'
    assert extract_html(f"<body><p>Before.{picture}</p>".encode()).text == "Before."


def test_deep_pages_and_long_tables_take_linear_time() -> None:
    deep = b"<table><tr><td>" * 500 + b"cell" + b"<div>" * 50_000 + b"The deepest text."
    assert "The deepest text." in extract_html(deep).text
    wide = b"<table>" + b"<tr><td>one<td>two" * 5_000
    assert extract_html(wide).text.count("| one | two |") == 5_000
