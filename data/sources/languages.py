"""Programming languages by file name and content, in the lower-case names that recipes use."""

from __future__ import annotations

#: Characters of a file that its language is found on.
HEAD_CHARS = 16_384

_EXTENSIONS = {
    "ada": "adb ads ada",
    "agda": "agda",
    "apex": "apex",
    "applescript": "applescript scpt",
    "assembly": "asm s nasm a51",
    "astro": "astro",
    "awk": "awk gawk mawk nawk",
    "batch": "bat cmd",
    "bash": "bash sh zsh ksh bats",
    "bibtex": "bib",
    "bitbake": "bb bbappend bbclass",
    "c": "c h",
    "c++": "cc cpp cxx c++ hh hpp hxx h++ ipp tpp tcc inl",
    "c#": "cs csx",
    "clojure": "clj cljs cljc edn",
    "cmake": "cmake",
    "cobol": "cob cbl",
    "coffeescript": "coffee",
    "common-lisp": "lisp lsp cl",
    "coq": "coq",
    "crystal": "cr",
    "css": "css",
    "csv": "csv",
    "cuda": "cu cuh",
    "cython": "pyx pxd pxi",
    "d": "d di",
    "dart": "dart",
    "dockerfile": "dockerfile containerfile",
    "dot": "gv",
    "elixir": "ex exs",
    "elm": "elm",
    "emacs-lisp": "el",
    "erlang": "erl hrl escript",
    "f#": "fs fsi fsx",
    "fish": "fish",
    "forth": "fth 4th",
    "fortran": "f for f77 f90 f95 f03 f08 fpp",
    "gdscript": "gd",
    "glsl": "glsl vert frag geom vsh fsh",
    "go": "go",
    "graphql": "graphql graphqls gql",
    "groovy": "groovy gradle",
    "handlebars": "hbs handlebars",
    "haskell": "hs lhs hsc",
    "hcl": "hcl",
    "html": "html htm xhtml xht",
    "html+erb": "erb rhtml",
    "idl": "dlm",
    "idris": "idr lidr",
    "ini": "ini cfg conf properties",
    "java": "java",
    "javascript": "js jsx mjs cjs es6",
    "jinja": "j2 jinja jinja2",
    "json": "json jsonl geojson json5 jsonc webmanifest avsc",
    "julia": "jl",
    "jupyter-notebook": "ipynb",
    "kotlin": "kt kts",
    "latex": "tex ltx sty cls",
    "lean": "lean",
    "less": "less",
    "llvm": "ll",
    "lua": "lua",
    "makefile": "mk mak",
    "markdown": "md markdown mdx mkd mkdn",
    "mathematica": "wl wls mathematica nb",
    "matlab": "mlx",
    "meson": "meson",
    "nim": "nim nims",
    "nix": "nix",
    "objective-c": "m",
    "objective-c++": "mm",
    "ocaml": "ml mli mll mly",
    "opencl": "opencl",
    "owl": "owl",
    "pascal": "pas pp dpr lpr",
    "perl": "pl pm t plx perl psgi",
    "php": "php php3 php4 php5 phtml phpt",
    "powershell": "ps1 psm1 psd1",
    "prolog": "pro prolog",
    "protobuf": "proto",
    "python": "py pyi pyw",
    "qml": "qml",
    "r": "r rmd",
    "racket": "rkt",
    "raku": "raku rakumod p6 pm6",
    "restructuredtext": "rst rest",
    "roff": "roff man mdoc",
    "ruby": "rb rake gemspec ru podspec jbuilder rabl thor",
    "rust": "rs",
    "sas": "sas",
    "sass": "sass",
    "scala": "scala sc sbt",
    "scheme": "scm ss sld sps",
    "scss": "scss",
    "smalltalk": "st",
    "smt": "smt smt2",
    "solidity": "sol",
    "sparql": "sparql rq",
    "sql": "sql ddl",
    "standard-ml": "sml fun",
    "starlark": "bzl bazel star",
    "stata": "do ado",
    "stylus": "styl",
    "svelte": "svelte",
    "svg": "svg",
    "swift": "swift",
    "tcl": "tcl",
    "terraform": "tf tfvars",
    "text": "txt text",
    "thrift": "thrift",
    "toml": "toml",
    "tsv": "tsv",
    "twig": "twig",
    "typescript": "ts tsx mts cts",
    "verilog": "v vh sv svh",
    "vhdl": "vhd vhdl",
    "vim": "vim",
    "visual-basic": "vb bas vbs frm vba",
    "vue": "vue",
    "webassembly": "wat wast",
    "xml": "xml xsd plist wsdl rss atom csproj vbproj fsproj vcxproj props targets resx xaml",
    "xslt": "xsl xslt",
    "yacc": "y yacc bison",
    "yaml": "yml yaml",
    "zig": "zig",
}

_NAMES = {
    "makefile": "makefile gnumakefile bsdmakefile kbuild",
    "dockerfile": "dockerfile containerfile",
    "cmake": "cmakelists.txt",
    "ruby": "rakefile gemfile vagrantfile guardfile podfile fastfile brewfile",
    "groovy": "jenkinsfile",
    "python": "sconstruct sconscript wscript",
    "starlark": "build build.bazel workspace tiltfile",
    "meson": "meson.build meson_options.txt",
    "go-module": "go.mod go.sum",
    "toml": "cargo.lock poetry.lock uv.lock pdm.lock pipfile",
    "json": ".prettierrc .eslintrc .babelrc composer.lock pipfile.lock",
    "yaml": "yarn.lock .clang-format .clang-tidy",
    "bash": ".bashrc .bash_profile .profile .zshrc .zprofile",
    "vim": ".vimrc .gvimrc",
    "ini": ".editorconfig .gitconfig",
    "text": "readme license licence copying authors changelog news install todo notice",
}

#: Other names of the languages above: GitHub's, The Stack's, and those of modelines and kernels.
_ALIASES = {
    "bash": "shell sh zsh ksh shell-script shellscript bourne-again-shell",
    "batch": "batchfile dosbatch",
    "c#": "csharp c-sharp",
    "c++": "cpp cxx cplusplus c++11 c++17",
    "common-lisp": "lisp commonlisp",
    "dot": "graphviz graphviz-(dot)",
    "emacs-lisp": "elisp emacs-lisp",
    "f#": "fsharp f-sharp",
    "go": "golang",
    "html+erb": "eruby erb",
    "idl": "idlwave",
    "ini": "dosini conf conf-unix java-properties",
    "javascript": "js jsx ecmascript javascript+erb nodejs",
    "jupyter-notebook": "ipynb",
    "latex": "tex plaintex",
    "makefile": "make makefile-gmake gnumakefile",
    "mathematica": "wolfram wolfram-language",
    "matlab": "octave",
    "objective-c": "objc objectivec",
    "objective-c++": "objcpp",
    "owl": "web-ontology-language",
    "perl": "cperl perl5",
    "protobuf": "protocol-buffer protocol-buffers",
    "python": "python2 python3 py ipython cpython sage sagemath",
    "r": "ir ess-r",
    "raku": "perl6",
    "restructuredtext": "rst",
    "roff": "nroff groff troff",
    "ruby": "rb irb",
    "sass": "sass",
    "starlark": "bzl bazel",
    "typescript": "ts tsx",
    "verilog": "systemverilog",
    "vim": "vim-script viml vimscript",
    "visual-basic": "vb visual-basic-.net vb.net vba vbscript visual-basic-6.0",
    "yaml": "yml",
}


def _reversed(table: dict[str, str]) -> dict[str, str]:
    return {name: language for language, names in table.items() for name in names.split()}


_BY_EXTENSION = _reversed(_EXTENSIONS)
_BY_NAME = _reversed(_NAMES)
_BY_ALIAS = {**{name: name for name in _EXTENSIONS}, **_reversed(_ALIASES)}


def canonical(label: str | None) -> str | None:
    """Returns phimill's name of a language that may be written otherwise, such as `Protocol Buffer` or `cpp`.

    A label that is not known comes back in lower case, with hyphens for spaces.
    """
    if label is None:
        return None
    name = label.strip().lower().replace(" ", "-").replace("_", "-")
    return _BY_ALIAS.get(name, name)


def language_of(path: str, text: str | None = None) -> str | None:
    """Returns the language of a file, or null if neither name nor content tells one.

    What is looked at, in this order: a modeline of Emacs or Vim, the whole name, the interpreter
    of a `#!` line, the extension, and the beginning of the text: where an extension is shared by
    several languages (`.h`, `.m`, `.v`, `.pl`, `.t`, `.ts`, `.inc`, …), and where it tells nothing.

    Args:
        path: with forward slashes.
        text: the file's content, of which the first HEAD_CHARS are read; null: the name alone decides,
            and `.h` counts as C, `.m` as Objective-C, `.v` as Verilog.
    """
    name = path.rsplit("/", 1)[-1].lower()
    extension = name.rsplit(".", 1)[-1] if "." in name else ""
    named = _BY_NAME.get(name) or ("dockerfile" if name.startswith("dockerfile.") else None)
    by_extension = _BY_EXTENSION.get(extension)
    if not text:
        return named or by_extension

    from data.sources.language_content import SHARED, by_beginning, by_modeline, by_shebang, choose

    mode = canonical(by_modeline(text))
    if mode in _BY_ALIAS.values() and mode not in _VAGUE.get(named or by_extension or "", ()):
        return mode
    if named:
        return named
    head = text[:HEAD_CHARS]
    runs = canonical(by_shebang(head))
    if runs in _BY_ALIAS.values() and (extension in SHARED or by_extension in (None, "bash", "text")):
        return runs
    if extension in SHARED:
        return choose(extension, head) or by_extension
    return by_extension or by_beginning(head)


#: Modelines that say less than the name: an editor's mode for a family of languages.
_VAGUE = {
    "c++": ("c",),
    "cuda": ("c", "c++"),
    "opencl": ("c", "c++"),
    "typescript": ("javascript",),
    "html+erb": ("html", "ruby"),
    "vue": ("html", "javascript"),
    "svg": ("xml",),
    "xslt": ("xml",),
    "cython": ("python",),
    "scss": ("css",),
    "less": ("css",),
}
