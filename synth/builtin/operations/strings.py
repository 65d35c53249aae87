"""Operations on strings and lists of strings."""

from __future__ import annotations

import re

from synth.builtin.grammar import among, between, operation


def _depth(x: str) -> int:
    return max((x[:i].count("(") - x[:i].count(")") for i in range(len(x) + 1)), default=0)


operation(
    "flip_text", "strings", "text", "text", "reverse the characters",
    lambda x: x[::-1],
    "$x[::-1]",
    '"".join(reversed($x))',
    '$y = ""\nfor $c in $x:\n    $y = $c + $y',
)  # fmt: skip
operation(
    "drop_vowels", "strings", "text", "text", "remove all vowels (a, e, i, o, u in either case)",
    lambda x: re.sub("[aeiouAEIOU]", "", x),
    '"".join($c for $c in $x if $c.lower() not in "aeiou")',
    '$y = ""\nfor $c in $x:\n    if $c not in "aeiouAEIOU":\n        $y += $c',
)  # fmt: skip
operation(
    "squeeze_spaces", "strings", "text", "text", "replace each run of spaces by one and trim both ends",
    lambda x: re.sub(" +", " ", x).strip(" "),
    '" ".join($x.split())',
    '$y = $x.strip()\nwhile "  " in $y:\n    $y = $y.replace("  ", " ")',
)  # fmt: skip
operation(
    "caesar", "strings", "text", "text",
    "shift every lower-case letter $k places forward in the alphabet, from z back to a",
    lambda x, k: "".join("abcdefghijklmnopqrstuvwxyz"[(ord(c) - 97 + k) % 26] if "a" <= c <= "z" else c for c in x),
    '"".join(chr((ord($c) - 97 + $k) % 26 + 97) if "a" <= $c <= "z" else $c for $c in $x)',
    '$y = ""\nfor $c in $x:\n    if "a" <= $c <= "z":\n        $y += chr((ord($c) - ord("a") + $k) % 26 + ord("a"))\n'
    "    else:\n        $y += $c",
    k=between(1, 12),
)  # fmt: skip
operation(
    "run_lengths", "parsing text", "text", "text",
    'replace each run of equal characters by the character and the length of the run (so "aab" becomes "a2b1")',
    lambda x: re.sub(r"(.)\1*", lambda m: f"{m[1]}{len(m[0])}", x),
    '$y = ""\n$i = 0\nwhile $i < len($x):\n    $j = $i\n    while $j < len($x) and $x[$j] == $x[$i]:\n'
    "        $j += 1\n    $y += $x[$i] + str($j - $i)\n    $i = $j",
    '$a = []\nfor $c in $x:\n    if $a and $a[-1][0] == $c:\n        $a[-1][1] += 1\n    else:\n'
    '        $a.append([$c, 1])\n$y = "".join(f"{$c}{$n}" for $c, $n in $a)',
)  # fmt: skip
operation(
    "single_letters", "strings", "text", "text", "drop each character that equals the one before it",
    lambda x: re.sub(r"(.)\1+", r"\1", x),
    '"".join($c for $i, $c in enumerate($x) if $i == 0 or $x[$i - 1] != $c)',
    '$y = ""\nfor $c in $x:\n    if not $y.endswith($c):\n        $y += $c',
)  # fmt: skip
operation(
    "swap_ends", "strings", "text", "text", "swap the first and the last character (if there are at least two)",
    lambda x: x if len(x) < 2 else x[-1] + x[1:-1] + x[0],
    "$x if len($x) < 2 else $x[-1] + $x[1:-1] + $x[0]",
    '$a = list($x)\nif len($a) > 1:\n    $a[0], $a[-1] = $a[-1], $a[0]\n$y = "".join($a)',
)  # fmt: skip
operation(
    "mask_letter", "strings", "text", "text", 'replace every "$s" by "*"',
    lambda x, s: "*".join(x.split(s)),
    '$x.replace("$s", "*")',
    '"".join("*" if $c == "$s" else $c for $c in $x)',
    '$y = ""\nfor $c in $x:\n    $y += "*" if $c == "$s" else $c',
    s=among("a", "e", "i", "o", "r", "t", "n"),
)  # fmt: skip
operation(
    "split_words", "splitting and joining", "text", "words", "split the text into words at white space",
    lambda x: [w for w in re.split(r"\s+", x) if w],
    "$x.split()",
    '$y = []\n$a = ""\nfor $c in $x + " ":\n    if $c != " ":\n        $a += $c\n    elif $a:\n'
    '        $y.append($a)\n        $a = ""',
)  # fmt: skip
operation(
    "pieces", "splitting and joining", "text", "words",
    "cut the text into pieces of $k characters, the last may be shorter",
    lambda x, k: re.findall(f".{{1,{k}}}", x),
    "[$x[$i:$i + $k] for $i in range(0, len($x), $k)]",
    "$y = []\n$a = $x\nwhile $a:\n    $y.append($a[:$k])\n    $a = $a[$k:]",
    k=between(2, 5),
)  # fmt: skip
operation(
    "count_vowels", "counting", "text", "natural", "count the vowels (a, e, i, o, u in either case)",
    lambda x: len(re.findall("[aeiou]", x, re.IGNORECASE)),
    'sum(1 for $c in $x if $c.lower() in "aeiou")',
    'sum($x.lower().count($c) for $c in "aeiou")',
    '$y = 0\nfor $c in $x.lower():\n    if $c in "aeiou":\n        $y += 1',
)  # fmt: skip
operation(
    "count_letter", "counting", "text", "natural", 'count the occurrences of "$s" in either case',
    lambda x, s: len(re.findall(s, x, re.IGNORECASE)),
    '$x.lower().count("$s")',
    'sum(1 for $c in $x if $c.lower() == "$s")',
    '$y = 0\nfor $c in $x:\n    if $c in ("$s", "$s".upper()):\n        $y += 1',
    s=among("a", "e", "i", "s", "t", "r"),
)  # fmt: skip
operation(
    "letter_counts", "counting", "text", "counts",
    "count how often each letter occurs, in lower case, leaving out all else",
    lambda x: {c: x.lower().count(c) for c in x.lower() if c.isalpha()},
    "{$c: $x.lower().count($c) for $c in $x.lower() if $c.isalpha()}",
    "$y = {}\nfor $c in $x.lower():\n    if $c.isalpha():\n        $y[$c] = $y.get($c, 0) + 1",
)  # fmt: skip
operation(
    "letter_places", "searching", "text", "ints", 'list the positions of "$s"',
    lambda x, s: [m.start() for m in re.finditer(s, x)],
    '[$i for $i, $c in enumerate($x) if $c == "$s"]',
    '$y = []\n$i = $x.find("$s")\nwhile $i >= 0:\n    $y.append($i)\n    $i = $x.find("$s", $i + 1)',
    s=among("a", "e", "i", "n", "r", "s", "t"),
)  # fmt: skip
operation(
    "letter_codes", "strings", "text", "ints",
    "list the place of each letter in the alphabet (a is 1), leaving out all else",
    lambda x: ["abcdefghijklmnopqrstuvwxyz".index(c) + 1 for c in x.lower() if c in "abcdefghijklmnopqrstuvwxyz"],
    '[ord($c) - 96 for $c in $x.lower() if "a" <= $c <= "z"]',
    '$y = []\nfor $c in $x.lower():\n    if "a" <= $c <= "z":\n        $y.append(ord($c) - ord("a") + 1)',
)  # fmt: skip
operation(
    "nesting", "parsing text", "text", "int",
    "find how deep round brackets are nested: the most that are open at once, a closing one counting -1",
    _depth,
    '$y = 0\n$a = 0\nfor $c in $x:\n    if $c == "(":\n        $a += 1\n        $y = max($y, $a)\n'
    '    elif $c == ")":\n        $a -= 1',
    'max($x[:$i].count("(") - $x[:$i].count(")") for $i in range(len($x) + 1))',
)  # fmt: skip
operation(
    "same_both_ways", "predicates", "text", "flag", "tell whether it reads the same backwards, ignoring case",
    lambda x: x.lower() == x.lower()[::-1],
    "$x.lower() == $x.lower()[::-1]",
    "all($x[$i].lower() == $x[-1 - $i].lower() for $i in range(len($x) // 2))",
    "$y = True\n$a = $x.lower()\nwhile len($a) > 1:\n    if $a[0] != $a[-1]:\n        $y = False\n    $a = $a[1:-1]",
)  # fmt: skip
operation(
    "capitals", "mapping lists", "words", "words", "write every word in capital letters",
    lambda x: [w.upper() for w in x],
    "[$w.upper() for $w in $x]",
    "list(map(str.upper, $x))",
    "$y = []\nfor $w in $x:\n    $y.append($w.upper())",
)  # fmt: skip
operation(
    "longer_than", "filtering lists", "words", "words", "keep only the words of more than $k characters",
    lambda x, k: [w for w in x if len(w) > k],
    "[$w for $w in $x if len($w) > $k]",
    "list(filter(lambda $w: len($w) > $k, $x))",
    "$y = []\nfor $w in $x:\n    if len($w) > $k:\n        $y.append($w)",
    k=between(3, 6),
)  # fmt: skip
operation(
    "containing", "filtering lists", "words", "words", 'keep only the words that contain "$s"',
    lambda x, s: [w for w in x if w.count(s)],
    '[$w for $w in $x if "$s" in $w]',
    'list(filter(lambda $w: "$s" in $w, $x))',
    '$y = []\nfor $w in $x:\n    if $w.find("$s") >= 0:\n        $y.append($w)',
    s=among("a", "e", "i", "n", "r"),
)  # fmt: skip
operation(
    "shorten", "slicing", "words", "words", "cut every word to at most $k characters",
    lambda x, k: [w[:k] for w in x],
    "[$w[:$k] for $w in $x]",
    "list(map(lambda $w: $w[:$k], $x))",
    "$y = []\nfor $w in $x:\n    $y.append($w[:$k] if len($w) > $k else $w)",
    k=between(2, 5),
)  # fmt: skip
operation(
    "with_prefix", "formatting text", "words", "words",
    'number the words: "1. " before the first, "2. " before the second, and so on',
    lambda x: [str(i + 1) + ". " + w for i, w in enumerate(x)],
    '[f"{$i}. {$w}" for $i, $w in enumerate($x, start=1)]',
    '$y = []\nfor $i in range(len($x)):\n    $y.append(str($i + 1) + ". " + $x[$i])',
)  # fmt: skip
operation(
    "unique_words", "duplicates in lists", "words", "words", "remove repeated words, keeping each first occurrence",
    lambda x: [w for i, w in enumerate(x) if w not in x[:i]],
    "list(dict.fromkeys($x))",
    "$y = []\nfor $w in $x:\n    if $w not in $y:\n        $y.append($w)",
)  # fmt: skip
operation(
    "by_length", "sorting", "words", "words", "sort the words by length, equal lengths alphabetically",
    lambda x: sorted(sorted(x), key=len),
    "sorted($x, key=lambda $w: (len($w), $w))",
    "$y = sorted($x)\n$y.sort(key=len)",
)  # fmt: skip
operation(
    "by_last_letter", "sorting", "words", "words", "sort the words as if they were spelt backwards",
    lambda x: [w[::-1] for w in sorted(w[::-1] for w in x)],
    "sorted($x, key=lambda $w: $w[::-1])",
    "$a = sorted($w[::-1] for $w in $x)\n$y = [$w[::-1] for $w in $a]",
)  # fmt: skip
operation(
    "joined", "splitting and joining", "words", "text", 'join the words with "$s"',
    lambda x, s: s.join(x),
    '"$s".join($x)',
    '$y = ""\nfor $i, $w in enumerate($x):\n    if $i:\n        $y += "$s"\n    $y += $w',
    s=among("-", ", ", "/", " ", "+", " & "),
)  # fmt: skip
operation(
    "initials", "splitting and joining", "words", "text", "put together the first letters of the words, as capitals",
    lambda x: "".join([w[:1] for w in x]).upper(),
    '"".join($w[0].upper() for $w in $x if $w)',
    '$y = ""\nfor $w in $x:\n    $y += $w[:1].upper()',
)  # fmt: skip
operation(
    "longest_word", "searching", "words", "text", "take the first longest word (an empty string if there is none)",
    lambda x: sorted(x, key=len, reverse=True)[0] if x else "",
    'max($x, key=len, default="")',
    '$y = ""\nfor $w in $x:\n    if len($w) > len($y):\n        $y = $w',
)  # fmt: skip
operation(
    "lengths", "mapping lists", "words", "ints", "take the length of every word",
    lambda x: [len(w) for w in x],
    "[len($w) for $w in $x]",
    "list(map(len, $x))",
    "$y = []\nfor $w in $x:\n    $y.append(len($w))",
)  # fmt: skip
operation(
    "all_letters", "aggregating", "words", "natural", "count the characters of all words together",
    lambda x: len("".join(x)),
    "sum(len($w) for $w in $x)",
    'len("".join($x))',
    "$y = 0\nfor $w in $x:\n    $y += len($w)",
)  # fmt: skip
operation(
    "word_counts", "counting", "words", "counts", "count how often each word occurs",
    lambda x: {w: x.count(w) for w in x},
    "{$w: $x.count($w) for $w in $x}",
    "$y = {}\nfor $w in $x:\n    if $w in $y:\n        $y[$w] += 1\n    else:\n        $y[$w] = 1",
)  # fmt: skip
operation(
    "word_lengths", "dictionaries", "words", "counts", "map each word to its length",
    lambda x: {w: len(w) for w in x},
    "{$w: len($w) for $w in $x}",
    "dict(zip($x, map(len, $x)))",
    "$y = {}\nfor $w in $x:\n    $y[$w] = len($w)",
)  # fmt: skip
operation(
    "word_pairs", "tuples and records", "words", "pairs", "pair each word with its length",
    lambda x: [(w, len(w)) for w in x],
    "[($w, len($w)) for $w in $x]",
    "list(zip($x, map(len, $x)))",
    "$y = []\nfor $w in $x:\n    $y.append(($w, len($w)))",
)  # fmt: skip
operation(
    "by_initial", "grouping", "words", "groups", "group the words by their first letter in lower case",
    lambda x: {w[:1].lower(): [v for v in x if v[:1].lower() == w[:1].lower()] for w in x},
    "$y = {}\nfor $w in $x:\n    $y.setdefault($w[:1].lower(), []).append($w)",
    "{$c: [$w for $w in $x if $w[:1].lower() == $c] for $c in dict.fromkeys($w[:1].lower() for $w in $x)}",
)  # fmt: skip
operation(
    "by_size", "grouping", "words", "groups",
    'group the words: "short" for those of up to $k characters, "long" for the others',
    lambda x, k: {"short": [w for w in x if len(w) <= k], "long": [w for w in x if len(w) > k]},
    '{"short": [$w for $w in $x if len($w) <= $k], "long": [$w for $w in $x if len($w) > $k]}',
    '$y = {"short": [], "long": []}\nfor $w in $x:\n    $y["long" if len($w) > $k else "short"].append($w)',
    k=between(4, 6),
)  # fmt: skip
operation(
    "in_order", "predicates", "words", "flag", "tell whether the words stand in alphabetical order",
    lambda x: sorted(x) == x,
    "all($a <= $b for $a, $b in zip($x, $x[1:]))",
    "$y = True\nfor $i in range(len($x) - 1):\n    if $x[$i] > $x[$i + 1]:\n        $y = False",
)  # fmt: skip
