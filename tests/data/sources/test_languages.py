"""Programming languages by name and content, on hand-made beginnings and on a real corpus."""

from __future__ import annotations

import gzip
import json
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.sources.languages import HEAD_CHARS, canonical, language_of

CORPUS = Path(__file__).parents[4] / "shared" / "data" / "code"

H_CPLUSPLUS = "#pragma once\nnamespace shapes {\nclass Circle {\n public:\n  double area() const;\n};\n}\n"
H_C = '#ifndef A_H\n#define A_H\n#ifdef __cplusplus\nextern "C" {\n#endif\n/* of\n class X */\nint f(int);\n#endif\n'
H_GUARDED = "#ifdef __cplusplus\nclass OnlyForCpp;\nnamespace a {\n#endif\nint f(int);\n"
H_OBJECTIVE_C = "#import <Foundation/Foundation.h>\n\n@interface Thing : NSObject\n@end\n"


@pytest.mark.parametrize(
    ("path", "text", "language"),
    [
        ("a.h", H_CPLUSPLUS, "c++"),
        ("a.h", H_C, "c"),
        ("a.h", H_GUARDED, "c"),
        ("a.h", H_OBJECTIVE_C, "objective-c"),
        ("a.h", "// -*- C++ -*-\nint f(int);\n", "c++"),
        ("a.h", "#include <vector>\nint f();\n", "c++"),
        ("a.m", H_OBJECTIVE_C, "objective-c"),
        ("a.m", "% mean of x\nfunction y = f(x)\n  y = mean(x);\nend\n", "matlab"),
        ("a.m", "x = linspace(0, 1);\nplot(x)\n", "matlab"),
        ("a.m", '(* ::Package:: *)\nBeginPackage["A`"]\n', "mathematica"),
        ("a.m", ":- module hello.\n:- interface.\n", "mercury"),
        ("a.m", "// a comment\nint main() {}\n", "objective-c"),
        ("a.v", "module counter(input clk, output reg q);\n  always @(posedge clk) q <= ~q;\nendmodule\n", "verilog"),
        ("a.v", "Require Import List.\nTheorem t : 1 = 1.\nProof. reflexivity. Qed.\n", "coq"),
        ("a.v", "module main\n\nimport os\n\nfn main() {\n\tprintln('hi')\n}\n", "v"),
        ("a.pl", "use strict;\nmy $x = 1;\nprint $x;\n", "perl"),
        ("a.pl", "#!/usr/bin/perl -w\nprint 1;\n", "perl"),
        ("a.pl", "parent(tom, bob).\nancestor(X, Y) :- parent(X, Y).\n", "prolog"),
        ("a.pl", "use v6;\nsay 'hi';\n", "raku"),
        ("a.t", "use Test::More;\nok(1);\n", "perl"),
        ("a.t", "use v6.d;\nuse Test;\n", "raku"),
        ("a.t", "% a program\nvar x : int := 1\nput x\n", "turing"),
        ("a.t", "A test:\n\n  $ echo hi\n  hi\n", "cram"),
        ("a.r", "x <- c(1, 2)\nmean(x)\n", "r"),
        ("a.r", "REBOL [Title: {x}]\n", "rebol"),
        ("a.ts", "export const a: number = 1;\n", "typescript"),
        ("a.ts", '<?xml version="1.0" encoding="utf-8"?>\n<!DOCTYPE TS>\n<TS version="2.1">\n', "xml"),
        ("a.ts", "<!DOCTYPE TS><TS>\n<context></context></TS>", "xml"),
        ("a.inc", "<?php\n$a = 1;\n", "php"),
        ("a.inc", "#define A 1\nint x;\n", "c"),
        ("a.inc", "template <class T> struct A;\n", "c++"),
        ("a.inc", "procedure Hello;\nbegin\nend;\n", "pascal"),
        ("a.inc", "; registers\n%macro push_all 0\n  push eax\n%endmacro\n", "assembly"),
        ("a.inc", 'SUMMARY = "x"\ninherit autotools\n', "bitbake"),
        ("a.cls", "\\NeedsTeXFormat{LaTeX2e}\n", "latex"),
        ("a.cls", "VERSION 1.0 CLASS\nBEGIN\n", "visual-basic"),
        ("a.cls", "public with sharing class Accounts {\n}\n", "apex"),
        ("a.d", "import std.stdio;\nvoid main() {}\n", "d"),
        ("a.d", "build/a.o: src/a.c \\\n  src/a.h\n", "makefile"),
        ("a.fs", "module A\nlet x = 1\n", "f#"),
        ("a.fs", "#version 330\nuniform vec4 c;\nvoid main() {}\n", "glsl"),
        ("a.cl", "__kernel void f(__global int* a) {}\n", "opencl"),
        ("a.cl", "(defun f (x) x)\n", "common-lisp"),
        ("a.pp", "class ntp {\n  package { 'ntp': }\n}\n", "puppet"),
        ("a.pp", "program A;\nbegin\nend.\n", "pascal"),
        ("a.md", "# Title\n\nText.\n", "markdown"),
        ("a.md", ';; machine\n(define_insn "x")\n', "gcc-machine-description"),
        ("a.pro", "QT += core\nSOURCES += main.cpp\n", "qmake"),
        ("a.pro", "parent(a, b).\n", "prolog"),
        ("tool", "#!/usr/bin/env python3\nprint()\n", "python"),
        ("tool", "#!/usr/bin/env -S uv run --script\nprint()\n", "python"),
        ("tool", "#!/bin/sh -e\necho\n", "bash"),
        ("tool", "#! /usr/bin/python3.11\n", "python"),
        ("tool", "#!/usr/local/bin/unheard-of\n", None),
        ("a.sh", "#!/usr/bin/env fish\nset x 1\n", "fish"),
        ("a.py", "#!/bin/sh\n''':'\nexec python \"$0\"\n'''\n", "python"),
        ("SConstruct", "env = Environment()\n", "python"),
        ("settings", "# vim: set ft=ruby:\nx = 1\n", "ruby"),
        ("settings", "x = 1\n# vim:ft=python ts=4\n", "python"),
        ("settings", "# -*- mode: python; coding: utf-8 -*-\n", "python"),
        ("a.py", "# -*- coding: utf-8 -*-\n", "python"),
        ("a.cu", "// -*- mode: c++ -*-\n__global__ void f() {}\n", "cuda"),
        ("page", "<!DOCTYPE html>\n<html></html>", "html"),
        ("page", "<!-- a -- b --><svg xmlns='x'></svg>", "svg"),
        ("page", "<?xml version='1.0'?>\n<note/>", "xml"),
        ("page", "\n<?php echo 1;", "php"),
        ("data", '{\n  "a": 1\n}', "json"),
        ("data", "[1, 2]", "json"),
        ("data", "[]", "json"),
        ("data", "{}", "json"),
        ("data", "[section]\nkey = 1\n", None),
        ("data", "{ x => x }", None),
        ("data", '{"cells": [{"cell_type": "code", "source": []}]}', "jupyter-notebook"),
        ("git.1", '.\\" A page\n.TH GIT 1\n', "roff"),
        ("fix", "diff --git a/x b/x\n--- a/x\n", "diff"),
        ("CMakeLists.txt", "project(x)\n", "cmake"),
        ("Cargo.lock", "[[package]]\n", "toml"),
        ("a.unknown", "some words\n", None),
        ("words", "some words\n", None),
        ("a.py", "", "python"),
    ],
)
def test_name_and_beginning_tell_the_language(path: str, text: str, language: str | None) -> None:
    assert language_of(f"some/folder/{path}", text) == language


def test_the_name_alone_tells_less() -> None:
    assert [language_of(f"a.{extension}") for extension in ("h", "m", "v", "pl", "ts")] == [
        "c", "objective-c", "verilog", "perl", "typescript",
    ]  # fmt: skip


def test_other_names_of_a_language_are_one() -> None:
    others = {"C++": "c++", "cpp": "c++", "Shell": "bash", "Jupyter Notebook": "jupyter-notebook", "C#": "c#"}
    others |= {"Protocol Buffer": "protobuf", "TeX": "latex", "Vim script": "vim", "Brainfuck": "brainfuck"}
    assert {label: canonical(label) for label in others} == others
    assert canonical(None) is None


@given(st.text(max_size=300), st.sampled_from(["h", "m", "v", "inc", "pl", "t", "ts", "cls", "pro", "x", "py"]))
def test_any_text_has_an_answer_and_it_is_the_same_twice(text: str, extension: str) -> None:
    assert language_of(f"a.{extension}", text) == language_of(f"b/a.{extension}", text)


@pytest.mark.parametrize(
    "piece", ["<", "<!--", "/*", "#!", "-*-", "vi:", '{"', "[", "\\", "a ", "\n", '.\\"\n', "#ifdef __cplusplus\n"]
)
def test_hostile_beginnings_cost_little(piece: str) -> None:
    text = piece * (HEAD_CHARS // len(piece) * 4)
    for extension in ("h", "m", "v", "inc", "pl", "t", "ts", "d", "pro", "unknown"):
        started = time.process_time()
        language_of(f"a.{extension}", text)
        assert time.process_time() - started < 0.5


@pytest.mark.skipif(not CORPUS.is_dir(), reason="needs ../shared/data/code")
def test_real_files_are_in_the_language_that_their_repository_says() -> None:
    with gzip.open(CORPUS / "code-0000.jsonl.gz") as lines:
        rows = [json.loads(line) for line in lines]
    rows += pq.read_table(CORPUS / "code-0001.parquet").to_pylist()
    differ = [
        (canonical(row["language"]), language_of(row["path"], row["text"]), row["path"])
        for row in rows
        if canonical(row["language"]) != language_of(row["path"], row["text"])
    ]
    # The labels go by the extension alone: C++ in .h, disabled scripts in .txt, lock files, one .scss.
    assert len(differ) <= 31
    assert {(label, found) for label, found, _ in differ} <= {
        ("c", "c++"), ("text", "python"), ("lockfile", "toml"), ("css", "scss"),
    }  # fmt: skip
    nameless = [language_of("x", row["text"]) for row in rows if row["language"] == "JSON"]
    assert nameless.count("json") == len(nameless)
