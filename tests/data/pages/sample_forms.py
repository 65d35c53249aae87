"""One program as the web's highlighters, editors, forums and handbooks write it into a page."""

from __future__ import annotations

import re
from collections.abc import Callable

from sample_listing import NUMBERS, plain

CODE = """def total(items):
    result = 0
    for item in items:
        if item > 0 and item < 10:
            result += item  # "small" & positive

    return result


class Größe:
    name = 'ß | 日本'"""
LINES = CODE.split("\n")
NUMBERED = list(enumerate(LINES, 1))


def spans(line: str) -> str:
    """Returns a line with every word, sign and space in a span of its own."""
    return "".join(f'<span class="t">{plain(piece)}</span>' for piece in re.findall(r"\s+|\w+|[^\w\s]+", line))


def hard(line: str) -> str:
    """Returns a line that hard spaces indent."""
    text = line.lstrip(" ")
    return "&nbsp;" * (len(line) - len(text)) + plain(text).replace("  ", "&nbsp; ")


def harder(line: str) -> str:
    """Returns a line with hard spaces alone."""
    return plain(line).replace(" ", "&nbsp;")


def mixed(line: str) -> str:
    """Returns a line that hard spaces and plain ones indent in turns."""
    text = line.lstrip(" ")
    return "&nbsp; " * ((len(line) - len(text)) // 2) + plain(text).replace("  ", "&nbsp; ")


def kept(line: str) -> str:
    """Returns a line before which an element keeps a tab for each step."""
    text = line.lstrip(" ")
    tabs = "\t" * ((len(line) - len(text)) // 4)
    return (f'<span style="white-space:pre">{tabs}</span>' if tabs else "") + plain(text).replace("  ", "&nbsp; ")


def each(form: Callable[[int, str], str], between: str = "") -> str:
    """Returns all lines, written one by one by number and text."""
    return between.join(form(number, line) for number, line in NUMBERED)


def lines(form: str, text: Callable[[str], str] = hard, between: str = "", blank: str = "") -> str:
    """Returns all lines, each put in the place of `%` in a form."""
    return between.join(form.replace("%", text(line) or blank) for line in LINES)


WHOLE = plain(CODE)
SPANS = "\n".join(map(spans, LINES))
FORMS = {
    "carriage returns": f"<pre>{WHOLE}</pre>".replace("\n", "\r"),
    "line ends as entities": f"<pre>{WHOLE}</pre>".replace("\n", "&#13;&#10;"),
    "blank lines around": f"<pre>\n\n{WHOLE}\n    \n</pre>",
    "paragraphs in pre": f"<pre>{lines('<p>%</p>', plain, blank='&nbsp;')}</pre>",
    "a code for each line in pre": f"<pre>{lines('<code>%</code>', plain, chr(10))}</pre>",
    "Prism with numbers": f'<pre class="line-numbers language-py"><code>{SPANS}<span aria-hidden="true" '
    f'class="line-numbers-rows">{"<span></span>" * len(LINES)}</span></code></pre>',
    "Pygments, a table": '<div class="highlight"><table><tr><td class="linenos"><div class="linenodiv"><pre>'
    + each(lambda n, line: f'<span class="normal">{n:2}</span>', "\n")
    + f'</pre></div></td><td class="code"><pre><span></span><code>{SPANS}\n</code></pre></td></tr></table></div>',
    "Material": '<div class="highlight"><pre><span></span><button class="md-clipboard"></button><code>'
    + each(lambda n, line: f'<span id="s-{n}"><a id="l-{n}" href="#l-{n}"></a>{spans(line)}\n</span>')
    + "</code></pre></div>",
    "Rouge in a figure": '<figure class="highlight"><pre><code data-lang="py"><table class="rouge-table"><tr>'
    f'<td class="gutter gl"><pre class="lineno">{NUMBERS}\n</pre></td><td class="code"><pre>{SPANS}\n</pre></td></tr>'
    "</table></code></pre></figure>",
    "GitHub, spread out": "<table>\n" + each(
        lambda n, line: f'  <tr>\n    <td id="L{n}" class="blob-num" data-line-number="{n}"></td>\n'
        f'    <td class="blob-code blob-code-inner">{spans(line) or chr(10)}</td>\n  </tr>\n') + "</table>",
    "GitHub's new pages": "<div>" + each(
        lambda n, line: f'<div class="react-code-line-contents"><div>{spans(line) or chr(10)}</div></div>')
    + "</div>",
    "GitLab": '<div class="line-numbers">' + each(lambda n, line: f'<a class="diff-line-num" href="#L{n}">{n}</a>')
    + '</div><div class="blob-content"><pre class="code"><code>' + each(
        lambda n, line: f'<span id="LC{n}" class="line">{spans(line)}</span>', "\n") + "</code></pre></div>",
    "SyntaxHighlighter, spaces apart": '<div class="syntaxhighlighter"><table><tr><td class="gutter">'
    + each(lambda n, line: f'<div class="line number{n}">{n}</div>') + '</td><td class="code"><div class="container">'
    + each(lambda n, line: f'<div class="line number{n}"><code class="spaces">'
           f'{"&nbsp;" * (len(line) - len(line.lstrip()))}</code><code>{plain(line.lstrip()) or "&nbsp;"}</code></div>')
    + "</div></td></tr></table></div>",
    "WordPress": f'<pre class="wp-block-code"><code>{lines("%", plain, "<br>")}</code></pre>',
    "CodeMirror 6": '<div class="cm-editor"><div class="cm-gutters" aria-hidden="true">'
    + each(lambda n, line: f'<div class="cm-gutterElement">{n}</div>')
    + f'</div><div class="cm-content">{lines("<div class=cm-line>%</div>", spans, blank="<br>")}</div></div>',
    "Shiki": f'<pre class="shiki"><code>{lines("<span class=line>%</span>", spans, chr(10))}</code></pre>',
    "Shiki without breaks": f'<pre class="shiki"><code>{lines("<span class=line>%</span>", spans)}</code></pre>',
    "Docusaurus": f'<pre><code>{lines("<span class=token-line>%<br></span>", spans)}</code></pre><button>Copy</button>',
    "Docusaurus 1": f'<pre>{lines("<div class=token-line>%</div>", spans, blank="<span> </span>")}</pre>',
    "rehype-pretty-code": f'<pre data-language="py"><code>{lines("<span>%</span>", spans, chr(10), " ")}</code></pre>',
    "VitePress": f'<div><button class="copy"></button><pre><code>{lines("<span class=line>%</span>", spans, chr(10))}'
    '</code></pre><div class="line-numbers-wrapper" aria-hidden="true">'
    + each(lambda n, line: f'<span class="line-number">{n}</span>', "<br>") + "</div></div>",
    "Expressive Code": "<pre><code>" + each(
        lambda n, line: f'<div class="ec-line"><div class="gutter"><div class="ln" aria-hidden="true">{n}</div></div>'
        f'<div class="code">{spans(line) or chr(10)}</div></div>') + "</code></pre>",
    "react-syntax-highlighter": '<pre><code style="float:left">'
    + each(lambda n, line: f'<span class="react-syntax-highlighter-line-number">{n}\n</span>')
    + f'</code><code style="white-space:pre">{SPANS}</code></pre>',
    "react-syntax-highlighter, inline": "<pre><code>" + each(
        lambda n, line: f'<span><span class="linenumber">{n}</span>{spans(line)}\n</span>') + "</code></pre>",
    "a line's number in a span of a listing by divs": "<pre>" + each(
        lambda n, line: f'<div class="token-line"><span class="line-no">{n}</span>{spans(line)}</div>') + "</pre>",
    "Zola": "<pre><code><table>" + each(
        lambda n, line: f"<tr><td>{n}</td><td><span>{plain(line)}\n</span></td></tr>") + "</table></code></pre>",
    "Confluence": '<div class="code panel"><div class="container">' + each(
        lambda n, line: f'<div class="line number{n} index{n}"><code>{hard(line) or "&nbsp;"}</code></div>')
    + "</div></div>",
    "Medium": f'<pre><span id="a1" data-selectable-paragraph="">{lines("%", spans, "<br>")}</span></pre>',
    "Notion": f'<div style="font-family: Menlo, monospace; white-space: pre"><div>{SPANS}</div></div>',
    "Discourse": f'<pre><div><button class="copy-cmd">Copy</button></div><code class="lang-py">{WHOLE}\n</code></pre>',
    "a word to copy it": f'<pre><div class="copy" role="button">Copy</div><code>{WHOLE}</code></pre>',
    "a button to copy it, after": f"<pre><code>{WHOLE}</code><button>Copy code</button></pre>",
    "CSDN": f'<pre><code>{SPANS}</code><ul class="pre-numbering">{each(lambda n, line: f"<li>{n}</li>")}</ul></pre>',
    "cnblogs": "<pre>" + each(lambda n, line: f'<span style="color: #008080;">{n:2}</span> {spans(line)}', "\n")
    + "</pre>",
    "rustdoc": "<pre><code>" + each(lambda n, line: f"<a href=#{n} id={n}>{n}</a>{plain(line)}", "\n")
    + "</code></pre>",
    "LXR": "<pre>" + each(lambda n, line: f'<a class="line" href="x#L{n}">{n:3}</a> {plain(line)}', "\n") + "</pre>",
    "links as numbers": "<pre>" + each(lambda n, line: f'<a class="lineno" href="#{n}">{n:3}</a>{plain(line)}', "\n")
    + "</pre>",
    "gitweb": each(lambda n, line: f'<div class="pre"><a href="#l{n}" class="linenr">{n:4}</a> {harder(line)}</div>'),
    "Trac": '<table class="code"><thead><tr><th>Line</th><th></th></tr></thead><tbody>' + each(
        lambda n, line: f'<tr><th id="L{n}"><a href="#L{n}">{n}</a></th><td>{hard(line)}</td></tr>')
    + "</tbody></table>",
    "Trac, a style shows its spaces": '<table class="code"><thead><tr><th>Line<th></tr></thead><tbody>' + each(
        lambda n, line: f'<tr><th id="L{n}"><a href="#L{n}">{n}</a></th><td>{spans(line)}</td></tr>') + "</table>",
    "ViewVC": "<table>" + each(
        lambda n, line: f'<tr id="l{n}">\n<td class="vc_file_line_number">{n}</td>\n'
        f'<td class="vc_file_line_text">{spans(line)}</td>\n</tr>') + "</table>",
    "Mercurial": "<table>" + each(
        lambda n, line: f'<tr><td class="linenr"><a href="#l{n}">{n}</a></td><td>{spans(line)}</td></tr>', "\n")
    + "</table>",
    "Gitea": "<table>" + each(
        lambda n, line: f'<tr><td class="lines-num"><span data-line-number="{n}"></span></td>'
        f'<td class="lines-code"><code class="code-inner">{spans(line)}</code></td></tr>', "\n") + "</table>",
    "Gitiles": "<table>" + each(
        lambda n, line: f'<tr><td data-line-number="{n}"></td>'
        f'<td class="FileContents-lineContents">{spans(line)}</td></tr>') + "</table>",
    "OpenGrok": "<pre>" + each(
        lambda n, line: f'<a class="{"l" if n % 10 else "hl"}" name="{n}" href="#{n}">{n}</a>{plain(line)}', "\n")
    + "</pre>",
    "Live Writer": '<div class="csharpcode">' + each(
        lambda n, line: f'<pre{" class=alt" * (n % 2)}><span class="lnum">{n:4}:  </span>{spans(line)}</pre>', "\n")
    + "</div>",
    "cgit": '<table><tr><td class="linenumbers"><pre>' + each(lambda n, line: f"<a id=n{n} href=#n{n}>{n}</a>", "\n")
    + f'</pre></td><td class="lines"><pre><code>{WHOLE}\n</code></pre></td></tr></table>',
    "Doxygen 1.9": '<div class="fragment">' + each(
        lambda n, line: f'<div class="line"><a id="l{n}"></a><span class="lineno"><a class="line" href="#l{n}">{n:5}'
        f"</a></span>{spans(line)}</div>\n") + "</div>",
    "MoinMoin": "<pre>" + each(
        lambda n, line: f'<span class="line"><b class="LineNumber">{n:4}</b>{spans(line)}</span>', "\n") + "</pre>",
    "divs in pre": f"<pre><code>{lines('<div class=line>%</div>', spans)}</code></pre>",
    "divs in pre, with breaks": f"<pre><code>{lines('<div class=line>%</div>', spans, chr(10))}</code></pre>",
    "prettify, blank lines": f'<pre><ol class="linenums">{lines("<li class=L0>%</li>", spans)}</ol></pre>',
    "prettify, spread out": f'<pre><ol class="linenums">\n{lines("<li>%</li>", spans, chr(10))}\n</ol></pre>',
    "prettify in code": f'<code><ol class="linenums">{lines("<li><span>%</span></li>", harder)}</ol></code>',
    "items of code": f"<ol>{lines('<li><code>%</code></li>')}</ol>",
    "items of code, spread out": f"<ol>\n{lines('<li><code>%</code></li>', between=chr(10), blank='&nbsp;')}\n</ol>",
    "items of code with hard spaces alone": f"<ul>{lines('<li><code>%</code></li>', harder)}</ul>",
    "dp-highlighter": f'<ol class="dp-py">{lines("<li><span><span>%</span><span>  </span></span></li>")}</ol>',
    "highlight.js in a list": "<pre><code><ol class='hljs-ln'>" + each(
        lambda n, line: '<li><div class="hljs-ln-numbers"></div><div class="hljs-ln-code"><div>'
        f'{spans(line) or "&nbsp;"}</div></div></li>') + "</ol></code></pre>",
    "Quill": lines("<div class=ql-code-block>%</div>", plain, blank="<br>"),
    "Google Docs": "<p><span style='font-family:Consolas;white-space:pre-wrap'>"
    + "</span><br><span style='font-family:Consolas;white-space:pre-wrap'>".join(map(hard, LINES)) + "</span></p>",
    "Google Docs, pasted": lines(
        "<p dir=ltr><span style='font-family:\"Courier New\";white-space:pre-wrap'>%</span></p>", plain, "\n"),
    "Google Docs, pasted with breaks": "<p><span style='font-family:Consolas;white-space:pre-wrap'>"
    + "</span><br><span style='font-family:Consolas;white-space:pre-wrap'>".join(map(plain, LINES)) + "</span></p>",
    "Google Docs, downloaded": f"<table><tr><td><p><span class=c0>{lines('%', between='</span><br><span class=c0>')}"
    "</span></p></td></tr></table>",
    "Google Docs, a paragraph a line": lines("<p class=c1><span class=c0>%</span></p>"),
    "Blogger": f'<div style="font-family: courier new">{lines("<div>%</div>", blank="<br>")}</div>',
    "Blogger's spans": lines('<div><span style="font-family: monospace">%</span></div>', blank="<br>"),
    "a font": f'<font face="Courier New">{lines("%", between="<br>")}</font>',
    "letters of one width between breaks": "<span style='font-family: courier new'>"
    + "</span><br><span style='font-family: courier new'>".join(map(hard, LINES)) + "</span>",
    "a font for each line": lines('<p><font face="courier new">%</font></p>', blank="&nbsp;"),
    "Outlook": lines("<p class=MsoNormal><span style='font-family:\"Courier New\"'>%<o:p></o:p></span></p>"),
    "paragraphs of code": lines("<p><code>%</code></p>", blank="&nbsp;"),
    "paragraphs in a box": f'<div class="code">{lines("<p>%</p>", blank="&nbsp;")}</div>',
    "a pre for each line": lines("<pre>%</pre>", plain, blank="&nbsp;"),
    "a pre for each line, spread out": lines("<pre>%</pre>", plain, "\n", " "),
    "breaks in a box": f'<p class="code">{lines("%", between="<br>" + chr(10))}</p>',
    "mixed spaces": f"<code>{lines('%', mixed, '<br />')}</code>",
    "PHP": f'<code><span style="color: #000">\n{lines("%", harder, "<br />")}\n</span>\n</code>',
    "LaTeX2HTML": f'<div class="verbatim">{lines("%", harder, "&nbsp;<br />")}</div>',
    "TeX4ht": f'<div class="lstlisting">{lines("<span class=cmtt>%</span>", harder, "<br />")}</div>',
    "code with the source's lines": f'<div><code class="language-py">{WHOLE}</code></div>',
    "code with the source's lines, in a panel": f"<gfg-panel><code>{WHOLE}</code></gfg-panel>",
    "listing": f"<listing>{WHOLE}</listing>",
    "in a cell": f"<table><tr><th>Name<th>Code</tr><tr><td>Sum</td><td><pre>{WHOLE}</pre></td></tr></table>",
    "in a quotation": f"<blockquote><pre>{WHOLE}</pre></blockquote>",
    "in details": f"<details><summary>The program</summary><pre>{WHOLE}</pre></details>",
    "in a definition": f"<dl><dt>Sum<dd><pre>{WHOLE}</pre></dl>",
    "spaces kept": f'<div style="white-space: pre-wrap">{WHOLE}</div>',
    "spaces kept in a paragraph": f'<p style="white-space: pre-wrap">{WHOLE}</p>',
    "spaces kept in a span": f'<p><span style="white-space:pre">{WHOLE}</span></p>',
    "spaces kept in divs": f'<div style="white-space:pre-wrap">{lines("<div>%</div>", plain, blank="<br>")}</div>',
    "spaces kept, breaks": f'<div style="white-space:pre">{lines("%", spans, "<br>")}</div>',
    "spaces kept in each line": lines('<div style="white-space:pre">%</div>', plain, blank="&nbsp;"),
    "spaces kept by a class": f"<style>.src {{ color: red; white-space: pre }}</style><div class=src>{WHOLE}</div>",
    "spaces kept by a class, divs": "<style>.src{font:1em Consolas;white-space:pre}</style><div class=src>"
    f"{lines('<div>%</div>', plain, blank='<br>')}</div>",
    "spaces kept by a class, breaks": "<style>p, div.prog { white-space: pre-wrap; }</style><div class=prog>"
    f"{lines('%', spans, '<br>')}</div>",
    "spaces kept by a class, spans": f"<style>.a .b{{white-space:pre}}</style><div class=b>{SPANS}</div>",
    "spaces kept by a class of code": f"<style>code.b {{white-space:pre}}</style><code class=b>{WHOLE}</code>",
    "spaces kept by a class of each line": "<style>.ln {white-space: pre}</style><div>"
    + lines('<div class="ln">%</div>', plain, blank="&nbsp;") + "</div>",
    "spaces kept by a class of each paragraph": "<style>p.ln {white-space: pre; font-family: Courier}</style>"
    + lines('<p class="ln">%</p>', plain, blank="&nbsp;"),
    "spaces kept in each line, wrapped": lines('<div style="white-space: pre-wrap">%</div>', spans, blank=" "),
    "spaces kept before each line": f"<code>{lines('%', kept, '<br>')}</code>",
    "Apple's tabs": lines('<div><font face="Menlo">%</font></div>', kept, blank="<br>"),
    "LaTeXML": '<div class="ltx_listing">' + each(
        lambda n, line: f'<div class="ltx_listingline"><span class="ltx_tag ltx_tag_listingline">{n}</span>'
        f"{spans(line)}</div>", "\n") + "</div>",
    "javadoc": "<pre>" + each(
        lambda n, line: f'<span class="source-line-no">{n:03}</span><span id="line-{n}">{plain(line)}</span>', "\n")
    + "</pre>",
    "old javadoc": "<pre>" + each(lambda n, line: f'<span class="sourceLineNo">{n:03}</span>{plain(line)}', "\n")
    + "</pre>",
    "codes shown as blocks": f"<pre>{lines('<code style=display:block>%</code>', spans, blank=' ')}</pre>",
    "spans shown as blocks by a style elsewhere": "<pre><code>" + each(
        lambda n, line: f'<span class="row" id="r{n}">{spans(line)}</span>') + "</code></pre>",
    "the language above": f"<pre><div>python</div><div><code>{WHOLE}</code></div></pre>",
    "Juejin": "<pre><div><div><span>python</span></div><div><div>复制代码</div></div></div>"
    f'<code lang="python">{WHOLE}</code></pre>',
    "Jekyll's gist": f'<script src="https://example.org/1.js"></script><noscript><pre>{WHOLE}</pre></noscript>',
    "SyntaxHighlighter's script": f'<script type="syntaxhighlighter" class="brush: py"><![CDATA[\n{CODE}\n]]></script>',
    "em spaces": f"<pre>{WHOLE.replace('    ', '&emsp;')}</pre>",
    "Tailwind": f'<div class="whitespace-pre font-mono">{WHOLE}</div>',
    "Tailwind, wrapped": f'<div class="font-serif whitespace-pre-wrap">{WHOLE}</div>',
}  # fmt: skip
