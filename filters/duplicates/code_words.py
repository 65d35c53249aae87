"""Words of programming languages that are no names: what stays when names are masked."""

from __future__ import annotations

#: Keywords of C, C++, C#, Go, Java, JavaScript, Kotlin, PHP, Python, Ruby, Rust, Scala, SQL, Swift and TypeScript
#: that stand for structure. Types such as `int` count, `self` and `this` too; builtin functions do not.
_KEYWORDS = """
abstract alignas and any as assert async auto await base begin bool boolean break byte case catch chan char class
const constexpr continue crate debugger decltype def default defer del delete do double dyn echo elif else elseif elsif
end enum ensure except explicit export extends extern fallthrough false final finally float fn for foreach friend from
func function global go goto if impl implements import in include inline instanceof int interface internal is lambda let
lock long loop match mod module mut mutable namespace native new next nil none nonlocal not null nullptr object of
operator or out override package param pass private protected pub public raise range readonly redo ref register require
rescue retry return sealed select self short signed sizeof static str strictfp string struct super switch synchronized
template then this throw throws trait transient true try type typedef typeof undefined union unless unsafe unsigned
until use using val var virtual void volatile when where while with yield
"""

#: As languages write them: lower case, capitalised (True, None), upper case (SELECT is a name).
SPELLINGS = sorted({spelling for word in _KEYWORDS.split() for spelling in (word, word.capitalize())})
