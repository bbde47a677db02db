"""The pattern language: lines of text to patterns, or the line that is wrong and why.

`pattern.lark` is the grammar. What a line may say in several ways, it is made to say in all of them here, so that
the matcher knows only words in a row and how near they must be.
"""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from itertools import product

import regex
from lark import Lark, Token, Tree, UnexpectedCharacters, UnexpectedEOF, UnexpectedInput, UnexpectedToken

from monitor.core.rules.expressions import read_expression
from monitor.core.rules.patterns import Atom, Kind, Pattern, Reach, Row, Scope, Term
from monitor.core.rules.spellings import row_spellings, spellings
from monitor.core.rules.words import exact, fold, pattern_words, plain, word_pattern

_GRAMMAR = Lark.open_from_package(
    __package__, "pattern.lark", parser="lalr", start=["line", "listing"], maybe_placeholders=False
)
_FARTHEST = 200
_SHORTEST_PREFIX = 4
_MOST_WAYS = 500
FIELDS = ("title", "author", "url", "tag")
_OPERATORS = ("AND", "OR", "NOT", "NEAR")
# ISO 639-1.
_CODES = """
aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en eo
es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja jv ka
kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nd ne ng nl
no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq sr ss st su sv sw
ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
"""
LANGUAGES = frozenset(_CODES.split())
_OPERATOR = regex.compile(r"[()|*$~=]")
_MOST_WORDS = 60
_QUOTES = frozenset('"“”„«»')
_EXPECTED = {
    "WORD": "a word", "PHRASE": 'a "phrase in quotes"', "LPAR": '"("', "RPAR": '")"', "VBAR": '"|"', "LIST": "a $list",
    "REACH": "a distance like ~8 at the end", "$END": "the end of the line", "REGEX": "a /regular expression/",
}  # fmt: skip


class PatternError(Exception):
    """A line that is no pattern; `line` and `column` count from 1 within the text block."""

    def __init__(self, line: int, column: int, problem: str) -> None:
        super().__init__(problem)
        self.line, self.column = line, column


Lists = Mapping[str, Term]


def read_patterns(block: str, lists: Lists | None = None) -> tuple[tuple[Pattern, ...], tuple[PatternError, ...]]:
    """One pattern a line, and what is wrong with the lines that are none."""
    patterns: list[Pattern] = []
    problems: list[PatternError] = []
    for number, line in enumerate(block.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            patterns.append(Line(line, number, lists or {}).pattern())
        except PatternError as problem:
            problems.append(problem)
        except RecursionError:
            problems.append(PatternError(number, 1, "too many brackets within brackets; write several lines instead"))
    return tuple(patterns), tuple(problems)


class Line:
    """One line on its way to a pattern."""

    def __init__(self, line: str, number: int, lists: Lists) -> None:
        self._line, self._number, self._lists = line, number, lists

    def pattern(self) -> Pattern:
        tree = self._tree("line")
        field, language = self._labels(
            [part for part in tree.children if isinstance(part, Token) and part.type == "LABEL"]
        )
        text = _without_comment(self._line, tree)
        last = tree.children[-1]
        if isinstance(last, Token) and last.type == "REGEX":
            expression = self._expression(last)
            return Pattern(text, self._number, field=field, language=language, expression=expression)
        reach = self._reach(last) if isinstance(last, Token) and last.type == "REACH" else Reach()
        items = _trees(tree)
        absent = [self._one_term(inner) for item in items if item.data == "absent" for inner in _trees(item)]
        wanted = [item for item in items if item.data != "absent"]
        if not wanted:
            raise self._error(items[0], "only words that must be absent; write what to look for before them")
        return Pattern(text, self._number, self._ways(wanted), tuple(absent), reach, field, language)

    def rows(self) -> list[Row]:
        """The line as a part of a named list."""
        tree = self._tree("listing")
        rows: list[Row] = []
        for branch in _trees(tree):
            for terms in self._choices(_trees(branch)):
                if len(terms) != 1:
                    raise self._error(branch, 'a list holds words and "phrases in quotes", one a line or between bars')
                rows.extend(terms[0].rows)
        return rows

    def _tree(self, start: str) -> "Tree[Token]":
        try:
            return _GRAMMAR.parse(self._line, start=start)
        except UnexpectedInput as error:
            raise self._explained(error) from None

    def _explained(self, error: UnexpectedInput) -> PatternError:
        column, sign = error.column, self._line[max(0, error.column - 1) :][:1]
        expected: Iterable[str] = ()
        if isinstance(error, UnexpectedToken):
            expected = error.accepts or error.expected
            if error.token.type == "$END":
                column, sign = len(self._line) + 1, ""
        elif isinstance(error, UnexpectedCharacters):
            expected = error.allowed or ()
        elif isinstance(error, UnexpectedEOF):
            column, sign = len(self._line) + 1, ""
        named = [said for name, said in _EXPECTED.items() if name in expected]
        wanted = f"expected {', '.join(named[:-1])} or {named[-1]}" if len(named) > 1 else f"expected {''.join(named)}"
        if sign in _QUOTES and not any(quote in self._line[column:] for quote in _QUOTES):
            problem = 'this quote is never closed; write "two words" for a phrase'
        elif sign == "*":
            problem = "a star stands at the end of a word, like violat*"
        elif sign == "-" and not self._line[column : column + 1].strip():
            problem = "a minus stands before its word, like -drill; leave out a dash between words"
        elif sign == "~":
            problem = "a distance is ~8, ~s, ~p or ~any, at the end of the line"
        else:
            problem = f'"{sign}" means nothing here; {wanted}' if sign else f"the line ends too early; {wanted}"
        return PatternError(self._number, column, problem)

    def _error(self, at: "Token | Tree[Token]", problem: str) -> PatternError:
        token = next(iter(at.scan_values(lambda value: isinstance(value, Token)))) if isinstance(at, Tree) else at
        return PatternError(self._number, token.column or 1, problem)

    def _labels(self, labels: list[Token]) -> tuple[str, str]:
        field = language = ""
        for label in labels:
            name = label[:-1]
            if name in FIELDS and not field:
                field = name
            elif name in LANGUAGES and not language:
                language = name
            else:
                close = get_close_matches(name, FIELDS, 1)
                cure = (
                    f'did you mean "{close[0]}:"?' if close and name != close[0] else "known are title: author: url: "
                )
                cure += "" if close and name != close[0] else "tag: and languages like es:, each once"
                raise self._error(label, f'"{label}" is no field and no language; {cure}')
        return field, language

    def _expression(self, token: Token) -> "regex.Pattern[str]":
        try:
            return read_expression(token)
        except ValueError as error:
            raise self._error(token, str(error)) from None

    def _reach(self, token: Token) -> Reach:
        said = token[1:]
        if said.isascii() and said.isdigit() and len(said) <= 3 and int(said) <= _FARTHEST:
            return Reach(between=int(said))
        scopes = {"s": Scope.SENTENCE, "p": Scope.PARAGRAPH, "any": Scope.ITEM}
        if said in scopes:
            return Reach(scopes[said], None)
        raise self._error(token, f'"{token}" is no distance; write ~8 (words between, at most 200), ~s, ~p or ~any')

    def _ways(self, items: "list[Tree[Token]]") -> tuple[tuple[Term, ...], ...]:
        ways: list[tuple[Term, ...]] = []
        for choice in self._choices(items):
            ways.extend(spellings(choice))
            if len(ways) > _MOST_WAYS:
                raise self._error(items[0], f"more than {_MOST_WAYS} combinations; write several lines instead")
        return tuple(dict.fromkeys(ways))

    def _choices(self, items: "Iterable[Tree[Token]]") -> Iterator[tuple[Term, ...]]:
        """Every sequence of terms that the items stand for: (a b | c) d is a b d or c d."""
        options: list[list[tuple[Term, ...]]] = []
        for item in items:
            if item.data != "group":
                options.append([(self._word(item),)])
                continue
            single: list[Row] = []
            several: list[tuple[Term, ...]] = []
            for branch in _trees(item):
                for terms in self._choices(_trees(branch)):
                    if len(terms) == 1:
                        single.extend(terms[0].rows)
                    else:
                        several.append(terms)
            text = _spoken([row for row in dict.fromkeys(single) if all(atom.kind != Kind.WHOLE for atom in row)])
            options.append([*([(Term(text, tuple(dict.fromkeys(single))),)] if single else []), *several])
        for number, choice in enumerate(product(*options)):
            if number >= _MOST_WAYS:
                raise PatternError(self._number, 1, f"more than {_MOST_WAYS} combinations; write several lines instead")
            yield tuple(term for terms in choice for term in terms)

    def _one_term(self, item: "Tree[Token]") -> Term:
        (choice, *others) = self._choices([item])
        if others or len(choice) != 1:
            raise self._error(item, 'words that must be absent are a word, a "phrase", a $list or (one | of | these)')
        return choice[0]

    def _word(self, item: "Tree[Token]") -> Term:
        token = next(part for part in reversed(item.children) if isinstance(part, Token))
        if item.data == "list":
            return self._listed(token)
        self._refuse_slips(item.data, token)
        written = pattern_words(token)
        if len(written) > _MOST_WORDS:
            raise self._error(token, f"more than {_MOST_WORDS} words in a row; no text will have them")
        if not any(written):
            raise self._error(token, f"{token} holds no word to look for")
        if item.data == "prefix":
            return self._prefix(token, written)
        kind = {"exact": Kind.EXACT, "exact_phrase": Kind.EXACT, "stem": Kind.STEM}.get(item.data, Kind.INFLECTED)
        if kind == Kind.EXACT:
            return Term(f"={token}", (_exact_row(token),))
        row = tuple(Atom(kind, word) for word in written)
        rows = row_spellings(row) if item.data == "phrase" else (row,)
        parts = word_pattern(token).findall(token)
        if kind == Kind.INFLECTED and len(parts) > len(written):
            # "re-enter" is also "re enter", whose first half is too short to be seen as half a word.
            rows = (*rows, tuple(Atom(kind, plain(part)) for part in parts))
        return Term(str(token), rows)

    def _refuse_slips(self, kind: str, token: Token) -> None:
        """What people write who mean something else by it."""
        problem = ""
        if kind == "inflected" and token in _OPERATORS:
            cure = "write one pattern a line: any line fires the rule, all words of a line must be there"
            problem = f"{token} is no operator; {cure}"
        elif kind in ("phrase", "exact_phrase") and (sign := _OPERATOR.search(token)):
            problem = f'"{sign[0]}" means nothing in a phrase; write what it says beside the phrase'
        elif token[0] in "'‘" and {"'", "’"} & set(self._line[token.end_pos :]):
            problem = 'single quotes mean nothing here; write "two words" for a phrase'
        elif kind == "inflected" and len(token) > 1 and token[-1] == ",":
            problem = '"," means nothing here; write (a | b) for one of several words'
        if problem:
            raise self._error(token, problem)

    def _listed(self, token: Token) -> Term:
        name = token[1:]
        if name in self._lists:
            return self._lists[name]
        close = get_close_matches(name, self._lists, 1)
        cure = f"did you mean ${close[0]}?" if close else f'write {name} = "(one | of | these)" under [terms]'
        raise self._error(token, f"there is no list {token}; {cure}")

    def _prefix(self, token: Token, written: list[str]) -> Term:
        if len(fold(written[-1])) < _SHORTEST_PREFIX:
            raise self._error(token, f"{token} is too short; a beginning has at least {_SHORTEST_PREFIX} letters")
        *before, last = written
        return Term(str(token), ((*(Atom(Kind.INFLECTED, word) for word in before), Atom(Kind.PREFIX, fold(last))),))


def _trees(item: "Tree[Token]") -> "list[Tree[Token]]":
    return [part for part in item.children if isinstance(part, Tree)]


def _without_comment(line: str, tree: "Tree[Token]") -> str:
    tokens = [token for token in tree.scan_values(lambda value: isinstance(value, Token)) if isinstance(token, Token)]
    end = max(token.end_pos or 0 for token in tokens)
    closing = len(line[end:]) - len(line[end:].lstrip(" )\t"))
    return line[: end + closing].strip()


def _spoken(rows: list[Row]) -> str:
    return " or ".join(" ".join(atom.text + "*" * (atom.kind == Kind.PREFIX) for atom in row) for row in rows[:3]) + (
        " or ..." if len(rows) > 3 else ""
    )


def _exact_row(token: str) -> Row:
    return tuple(Atom(Kind.EXACT, exact(plain(word))) for word in word_pattern(token).findall(token))
