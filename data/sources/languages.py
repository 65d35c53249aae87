"""Programming languages by file name, in the lower-case names that recipes use."""

from __future__ import annotations

_EXTENSIONS = {
    "ada": "adb ads ada",
    "assembly": "asm s nasm",
    "awk": "awk",
    "batch": "bat cmd",
    "bash": "bash sh zsh ksh",
    "c": "c h",
    "c++": "cc cpp cxx c++ hh hpp hxx h++ ipp tpp inl",
    "c#": "cs csx",
    "clojure": "clj cljs cljc edn",
    "cmake": "cmake",
    "cobol": "cob cbl",
    "coffeescript": "coffee",
    "common-lisp": "lisp lsp cl",
    "crystal": "cr",
    "css": "css",
    "cuda": "cu cuh",
    "cython": "pyx pxd pxi",
    "d": "d di",
    "dart": "dart",
    "dockerfile": "dockerfile",
    "elixir": "ex exs",
    "elm": "elm",
    "emacs-lisp": "el",
    "erlang": "erl hrl",
    "f#": "fs fsi fsx",
    "fortran": "f for f77 f90 f95 f03 f08",
    "glsl": "glsl vert frag",
    "go": "go",
    "graphql": "graphql gql",
    "groovy": "groovy gradle",
    "haskell": "hs lhs",
    "html": "html htm xhtml",
    "ini": "ini cfg conf properties",
    "java": "java",
    "javascript": "js jsx mjs cjs",
    "json": "json jsonl geojson ipynb",
    "julia": "jl",
    "kotlin": "kt kts",
    "latex": "tex sty cls",
    "less": "less",
    "lua": "lua",
    "makefile": "mk mak",
    "markdown": "md markdown mdx",
    "matlab": "mlx",
    "nim": "nim nims",
    "nix": "nix",
    "objective-c": "m mm",
    "ocaml": "ml mli",
    "pascal": "pas pp dpr",
    "perl": "pl pm t",
    "php": "php php5 phtml",
    "powershell": "ps1 psm1 psd1",
    "prolog": "pro prolog",
    "protobuf": "proto",
    "python": "py pyi pyw",
    "r": "r rmd",
    "racket": "rkt",
    "restructuredtext": "rst rest",
    "ruby": "rb rake gemspec ru",
    "rust": "rs",
    "sass": "sass scss",
    "scala": "scala sc sbt",
    "scheme": "scm ss",
    "solidity": "sol",
    "sql": "sql",
    "swift": "swift",
    "tcl": "tcl",
    "terraform": "tf hcl",
    "text": "txt text",
    "toml": "toml",
    "typescript": "ts tsx mts cts",
    "verilog": "v vh sv svh",
    "vhdl": "vhd vhdl",
    "vim": "vim",
    "visual-basic": "vb bas vbs",
    "vue": "vue",
    "xml": "xml xsd xsl xslt svg plist",
    "yaml": "yml yaml",
    "zig": "zig",
}

_NAMES = {
    "makefile": "makefile",
    "gnumakefile": "makefile",
    "dockerfile": "dockerfile",
    "containerfile": "dockerfile",
    "cmakelists.txt": "cmake",
    "rakefile": "ruby",
    "gemfile": "ruby",
    "vagrantfile": "ruby",
    "jenkinsfile": "groovy",
    "sconstruct": "python",
    "sconscript": "python",
    "build.bazel": "starlark",
    "readme": "text",
    "license": "text",
    "copying": "text",
}

_BY_EXTENSION = {extension: name for name, extensions in _EXTENSIONS.items() for extension in extensions.split()}


def language_of(name: str) -> str | None:
    """Returns the language of a file by its name, or null if the name tells none.

    `.h` counts as C, `.m` as Objective-C, `.v` as Verilog: the name alone cannot tell.
    """
    name = name.rsplit("/", 1)[-1].lower()
    if name in _NAMES:
        return _NAMES[name]
    if name.startswith("dockerfile."):
        return "dockerfile"
    return _BY_EXTENSION.get(name.rsplit(".", 1)[-1]) if "." in name else None
