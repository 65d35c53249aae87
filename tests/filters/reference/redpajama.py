"""RedPajama-V2's signals, slowly: in the words of `filters/signals/redpajama.py`."""

from __future__ import annotations

import math
import re
import string
import unicodedata
from collections import Counter
from typing import Iterable

BULLETS = tuple("•‣▶◀◦■□▪▫–")
NAN = math.nan


def measure(text: str) -> dict[str, float]:
    """Returns every signal of a text."""
    return {**raw(text), **normalised(text)}


def lines_of(text: str) -> list[str]:
    """Returns a text's lines, each with its line feed."""
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def mean(values: Iterable[float], none: float = NAN) -> float:
    """Returns the mean of some numbers, added up from the first to the last."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else none


def raw(text: str) -> dict[str, float]:
    """Returns the signals of a text as it is."""
    lines = lines_of(text)
    words = re.findall(r"\w+|[^\w\s]+", text)
    symbols = text.count("#") + text.count("...") + text.count("…")
    letters = sum(bool(re.search("[a-zA-Z]", word)) for word in words)
    return {
        "ccnet_length": len(text),
        "ccnet_nlines": len(lines),
        "rps_doc_frac_lines_end_with_ellipsis": mean(line.rstrip().endswith(("...", "…")) for line in lines),
        "rps_lines_ending_with_terminal_punctution_mark": mean(line.rstrip().endswith(tuple(".!?”")) for line in lines),
        "rps_lines_start_with_bulletpoint": mean(line.lstrip().startswith(BULLETS) for line in lines),
        "rps_lines_uppercase_letter_fraction": mean(sum(map(str.isupper, line)) / len(line) for line in lines),
        "rps_doc_curly_bracket": (text.count("{") + text.count("}")) / max(len(text), 1),
        "rps_doc_num_sentences": len(re.findall(r"\b[^.!?]+[.!?]*", text)),
        "rps_doc_symbol_to_word_ratio": symbols / len(words) if words else NAN,
        "rps_doc_frac_no_alph_words": 1.0 - letters / len(words) if words else NAN,
        "rps_doc_frac_all_caps_words": mean(word.isupper() for word in words),
    }


def normalise(text: str) -> str:
    """Returns a text without punctuation, in lower case, single-spaced and in NFD."""
    bare = "".join(character for character in text if character not in string.punctuation).lower().strip()
    return unicodedata.normalize("NFD", re.sub(r"\s+", " ", bare))


def normalised(text: str) -> dict[str, float]:
    """Returns the signals of a normalised text."""
    lines = list(map(normalise, lines_of(text)))
    whole = normalise(text)
    words = whole.split()
    times = Counter(words)
    lorem = len(re.findall("lorem ipsum", whole, re.IGNORECASE)) if "lorem ipsum" in whole else 0
    entropy = sum(-n / len(words) * math.log(n / len(words)) for n in times.values())
    return {
        "rps_lines_num_words": mean(len(line.split()) for line in lines),
        "rps_lines_numerical_chars_fraction": mean(mean(map(str.isnumeric, line), 0.0) for line in lines),
        "rps_lines_javascript_counts": sum(line.split().count("javascript") for line in lines),
        "rps_doc_lorem_ipsum": lorem / max(len(whole), 1),
        "rps_doc_word_count": len(words),
        "rps_doc_mean_word_length": mean(map(len, words)),
        "rps_doc_frac_unique_words": len(times) / len(words) if words else NAN,
        "rps_doc_unigram_entropy": entropy if words else NAN,
        **{f"rps_doc_frac_chars_top_{n}gram": top(words, n) for n in (2, 3, 4)},
        **{f"rps_doc_frac_chars_dupe_{n}grams": repeated(words, n) for n in range(5, 11)},
    }


def top(words: list[str], n: int) -> float:
    """Returns the share of characters under the most frequent n-gram, the first of them, if it stands twice."""
    times = Counter(tuple(words[i : i + n]) for i in range(len(words) - n + 1))
    (ngram, number), *_ = times.most_common(1) or [((), 0)]
    return number * sum(map(len, ngram)) / sum(map(len, words)) if number > 1 else 0.0


def repeated(words: list[str], n: int) -> float:
    """Returns the share of characters of words that are part of an n-gram that stands twice."""
    ngrams = [tuple(words[i : i + n]) for i in range(len(words) - n + 1)]
    times = Counter(ngrams)
    under = {k for i, ngram in enumerate(ngrams) if times[ngram] > 1 for k in range(i, i + n)}
    return sum(len(words[k]) for k in under) / max(sum(map(len, words)), 1)
