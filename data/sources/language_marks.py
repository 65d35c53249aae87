"""The marks of languages that share an extension, and of files whose name tells nothing: regular expressions.

A mark is a word or sign that the other languages of that extension have no use for. In what `_line` is given, a
space stands for one or more blanks; what it returns matches at the beginning of a line, blanks before it allowed.
"""

from __future__ import annotations

#: (language, its mark); an empty mark is always there.
Mark = tuple[str, str]


def _line(*starts: str) -> str:
    return r"^[ \t]*+(?:" + "|".join(starts).replace(" ", r"[ \t]+") + ")"


def _any(*marks: str) -> str:
    return "|".join(marks)


_OBJECTIVE_C = _line(r"@(?:interface|protocol|implementation|class|property|import|end|synthesize)\b", r"#import\b")
_CPLUSPLUS = _any(
    _line(
        r"template\s?<",
        r"class \w+",
        r"(?:namespace|virtual|constexpr|explicit|friend)\b",
        r"using (?:namespace\b|\w+\s?=|std::)",
        r"(?:public|private|protected)\s?:",
        r"#\s?include\s?<(?:\w+|\w+/[\w/]+\.hpp)>",
    ),
    r"\bstd::\w|\bstatic_cast<|\b(?:nullptr|noexcept|typename)\b",
)
_C = _line(r"/\*", "//", r"#\s?(?:include|define|ifdef|ifndef|if|pragma)\b")
_XML = r"\A\s{0,100}<\?xml\b"
_PROLOG = r"^[a-z]\w*\([^\n]{0,300}\)[ \t]*(?::-|\.[ \t]*$)|^[ \t]*:-[ \t]|^[a-z]\w*[ \t]*:-"
_PERL = _line(
    r"use (?:strict|warnings|lib|v?5|[A-Z][\w:]*)", r"package [A-Z]\w*", r"(?:my|our|local) [$@%(]", r"sub \w+"
)
_RAKU_6 = _line(r"use v6\b")
_RAKU = _line(r"(?:unit )?(?:module|role|grammar|class) [A-Z][\w:-]*", r"multi (?:sub|method)\b")

#: Extension → its languages, in the order in which their marks are tried.
BY_EXTENSION: dict[str, tuple[Mark, ...]] = {
    "bb": (
        ("bitbake", _line(r"(?:inherit|require|SUMMARY|LICENSE|SRC_URI|DESCRIPTION)\b")),
        ("blitzbasic", _line(";")),
    ),
    "cl": (("opencl", _any(_line(r"/\*", "//", r"__kernel\b", r"kernel void\b"), r"^\}")), ("common-lisp", "")),
    "cls": (
        ("visual-basic", r"^VERSION [\d.]+ CLASS|^Attribute VB_"),
        ("apex", _line(r"(?:public|private|global|virtual|abstract|@\w+) [^\n]{0,100}\b(?:class|interface|enum) \w+")),
        ("latex", ""),
    ),
    "d": (
        ("makefile", r"^[^\s:#][^\n:]{0,300}\.o[ \t]*:|^[^\s:][^\n:]{0,300}:[^\n]{0,300}\\$"),
        ("dtrace", r"^(?:\w+:\w*:\w*:\w*|BEGIN|END|profile:|syscall:)|^#pragma[ \t]+D[ \t]"),
        ("d", ""),
    ),
    "f": (("forth", r"^: \S"), ("fortran", "")),
    "for": (("forth", r"^: \S"), ("fortran", "")),
    "frag": (("javascript", r"^\(function\b|\brequire\("), ("glsl", "")),
    "fs": (
        ("glsl", _any(_line(r"#version \d", "(?:precision|uniform|varying) ", r"vec[234]\b"), r"\bgl_FragColor\b")),
        ("forth", r"^: \S|^\\ "),
        ("f#", ""),
    ),
    "h": (("objective-c", _OBJECTIVE_C), ("c++", _CPLUSPLUS), ("c", "")),
    "inc": (
        ("php", r"<\?(?:php\b|=)"),
        ("html", _line("<(?:!DOCTYPE|html|head|body|div|table|p|ul|h[1-6]|!--)")),
        ("c++", _CPLUSPLUS),
        ("pascal", _line(r"\{\$", r"\(\*", r"procedure \w", r"function \w+[^\n]*: ?\w+;", r"implementation\b")),
        (
            "assembly",
            _line(
                r"\.?(?:equ|macro|endm|section|globl|org)\b",
                r"%(?:define|macro|include|ifdef)\b",
                r"\w+ (?i:equ|macro)\b",
                ";",
            ),
        ),
        ("bitbake", _line(r"(?:inherit|require) [\w./${}-]+$", r"[A-Z][A-Z_]+(?:_\w+)?\s?\??[+.]?=\s?\"")),
        ("c", _any(_C, r"^\}|;[ \t]*$")),
    ),
    "l": (("lex", r"^%[%{]|^%(?:option|x|s)\b"), ("roff", r"^\.[A-Z]{2}\b"), ("common-lisp", _line(r"\("))),
    "m": (
        ("objective-c", _any(_OBJECTIVE_C, _line(r"#\s?(?:include|define|pragma)\b"))),
        ("mercury", r"^:- module\b"),
        ("mathematica", _line(r"\(\*", r"(?:BeginPackage|Begin|Needs)\[")),
        ("matlab", _line("%", r"(?:function|classdef|clear|clc)\b", r"end\s?;?$", r"[A-Za-z]\w*\s?=[^=\n]")),
        ("objective-c", _C),
        ("matlab", ""),
    ),
    "md": (("gcc-machine-description", r"\A(?:;;[^\n]*\n|\s)*+\(define_\w+"), ("markdown", "")),
    "ml": (
        (
            "standard-ml",
            _any(_line(r"(?:structure|signature|functor) \w+[^\n]*=", r"fun \w+[^\n]*="), r"\bcase\b[^\n]*\bof\b"),
        ),
        ("ocaml", ""),
    ),
    "mm": (("xml", _any(_XML, r"\A\s{0,100}<map\b")), ("objective-c++", "")),
    "mod": (
        ("xml", _any(_XML, r"\A\s{0,100}<!(?:ENTITY|ELEMENT|--)")),
        ("modula-2", _line(r"(?:(?:DEFINITION|IMPLEMENTATION) )?MODULE \w+")),
        ("ampl", _line(r"(?:set|param|var|minimize|maximize|subject to)\b[^\n]*;")),
    ),
    "p": (
        ("gnuplot", r"^s?plot\b|^set[ \t]+(?:term|output|xlabel)"),
        ("openedge-abl", "(?i:" + _line("(?:define|def) (?:var|input|output|temp-table)") + ")"),
    ),
    "pl": (("raku", _RAKU_6), ("perl", _PERL), ("prolog", _PROLOG), ("raku", _RAKU), ("perl", "")),
    "pm": (("xpm", r"\A\s{0,100}/\* XPM \*/"), ("raku", _RAKU_6), ("perl", _PERL), ("raku", _RAKU), ("perl", "")),
    "pp": (
        ("puppet", _line(r"(?:class|define|node) [\w:'\"$-]+[^\n]*[({]$", r"\w+\s?=>", r"include [\w:]+$")),
        ("pascal", ""),
    ),
    "pro": (
        ("qmake", _line(r"(?:QT|TEMPLATE|TARGET|SOURCES|HEADERS|CONFIG|INCLUDEPATH|DEFINES)\s?[+-]?=")),
        ("ini", r"^\[[\w.-]+\][ \t]*$|^-(?:keep|dont)\w*"),
        ("idl", "(?i:" + _line(r"(?:pro|function) \w+,?", r"compile_opt\b") + ")"),
        ("prolog", ""),
    ),
    "r": (
        ("rebol", "(?i:" + _line(r"rebol\s?\[") + ")"),
        ("rez", r"^#include[ \t]+\"(?:Types\.r|Carbon/|CoreServices/)"),
        ("r", ""),
    ),
    "rs": (("xml", _XML), ("renderscript", _line(r"#pragma (?:version|rs)\b", r"#include \"rs_")), ("rust", "")),
    "sc": (
        ("supercollider", _line("(?:SynthDef|Ndef|Pbind)", r"~\w+\s?=", r"\+?[A-Z]\w* : [A-Z]\w* \{")),
        ("scala", ""),
    ),
    "st": (("html", r"\A\s{0,100}<(?:!DOCTYPE|\w+[ >])"), ("smalltalk", r"^\"|^!|\bsubclass:|:=|^[ \t]*\^")),
    "t": (
        ("raku", _RAKU_6),
        ("perl", _any(_PERL, _line(r"(?:ok|is|like|plan)\b[^\n]*;"), "^__END__")),
        ("raku", _RAKU),
        ("turing", _line("% ", r"var \w+(?: ?: ?\w+)? ?:=")),
        ("cram", r"^  \$ \S"),
        ("perl", ""),
    ),
    "ts": (("xml", _any(r"<!DOCTYPE TS\b|<TS\b", _XML)), ("typescript", "")),
    "tsx": (("xml", _XML), ("typescript", "")),
    "v": (
        (
            "coq",
            _line(
                r"(?:From \S+ )?Require\b",
                r"(?:Theorem|Lemma|Corollary|Definition|Fixpoint|Inductive|Section|Proof|Notation)\b",
            ),
        ),
        (
            "verilog",
            _line(
                r"`(?:timescale|define|include|ifdef|ifndef|default_nettype)\b",
                r"(?:endmodule|always|assign|input|output|inout|wire|reg)\b",
                r"module \w+\s?(?:#?\(|;)",
            ),
        ),
        ("v", r"^(?:pub[ \t]+)?(?:fn|struct|enum|interface)[ \t]+[\w(]|^module[ \t]+\w+[ \t]*$|^import[ \t]+\w"),
        ("verilog", ""),
    ),
    "yy": (("json", r"\A\s{0,100}\{\s{0,100}\""), ("yacc", "")),
}

_PROLOGUE = r"\s{0,100}+(?:<\?xml[^>]{0,300}\?>\s{0,100}+)?(?:<!--(?:[^-]|-(?!->))*+-->\s{0,100}+)?"
_JSON_KEY = r"\"(?:[^\"\\\n]|\\.){0,200}+\"\s{0,100}+:"

#: What a file without a telling name begins with, in the order in which it is tried.
BY_BEGINNING: tuple[Mark, ...] = (
    ("php", r"\s{0,100}+<\?php\b"),
    ("svg", _PROLOGUE + r"(?:<!DOCTYPE svg[^>]{0,300}>\s{0,100}+)?<svg\b"),
    ("html", "(?i)" + _PROLOGUE + r"(?:<!doctype html\b|<html\b)"),
    ("xslt", _PROLOGUE + r"<xsl:"),
    ("xml", r"\s{0,100}+(?:<\?xml\s|<!DOCTYPE\b)"),
    (
        "jupyter-notebook",
        r"\s{0,100}+\{\s{0,100}\"cells\"\s{0,100}:\s{0,100}\[\s{0,100}\{\s{0,100}\"(?:cell_type|id|metadata|execution_count|attachments)\"",
    ),
    ("json", rf"\s{{0,100}}+\{{\s{{0,100}}+(?:{_JSON_KEY}|\}}\s{{0,100}}+\Z)"),
    ("json", r"\s{0,100}+\[\s{0,100}+(?:[\[{\"]|-?\d{1,30}+(?:\.\d{1,30}+)?\s{0,100}+[,\]]|\]\s{0,100}+\Z)"),
    ("postscript", r"%!PS\b"),
    ("roff", r"(?:(?:\.\\\"|'\\\")[^\n]*+\n|\n){0,50}+\.(?:TH|Dd|so)[ \t]"),
    ("diff", r"diff --git |Index: \S+\n={20}|--- \S[^\n]*\n\+\+\+ \S[^\n]*\n@@ "),
)

#: Interpreter in a `#!` line, without its version → language.
INTERPRETERS = {
    name: language
    for language, names in {
        "applescript": "osascript",
        "awk": "awk gawk mawk nawk",
        "bash": "ash bash dash sh zsh ksh mksh rbash bats",
        "common-lisp": "sbcl clisp",
        "elixir": "elixir",
        "erlang": "escript",
        "fish": "fish",
        "groovy": "groovy",
        "haskell": "runghc runhaskell stack",
        "javascript": "node nodejs rhino",
        "julia": "julia",
        "kotlin": "kotlin kotlinc",
        "lua": "lua luajit",
        "makefile": "make gmake",
        "nix": "nix-shell",
        "ocaml": "ocaml",
        "perl": "perl",
        "php": "php",
        "powershell": "pwsh powershell",
        "prolog": "swipl",
        "python": "python pypy uv ipython sage",
        "r": "rscript",
        "racket": "racket",
        "raku": "raku perl6",
        "ruby": "ruby jruby rake",
        "scala": "scala",
        "scheme": "guile chicken",
        "swift": "swift",
        "tcl": "tclsh wish expect",
        "typescript": "deno ts-node tsx bun",
    }.items()
    for name in names.split()
}
