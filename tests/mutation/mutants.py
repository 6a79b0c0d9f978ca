"""Mutants of a module: one small change each, such as a comparison turned round, as edits of its source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMPARISONS = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "is not": "is", "is": "is not",
                "not in": "in", "in": "not in"}  # fmt: skip
_NAMES = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in",
}  # fmt: skip


@dataclass(frozen=True)
class Mutant:
    """A change of one module: what stands from `start` to `end` (bytes of the file) becomes `text`."""

    path: Path
    line: int
    start: int
    end: int
    text: str
    what: str

    def source(self) -> bytes:
        """The module with the change."""
        whole = self.path.read_bytes()
        return whole[: self.start] + self.text.encode() + whole[self.end :]


def mutants_of(path: Path) -> list[Mutant]:
    """All mutants of a module that are valid Python."""
    module = _Module(path.read_bytes())
    tree = ast.parse(module.whole)
    silent = _annotations(tree)
    found = []
    for node in ast.walk(tree):
        if id(node) in silent or not isinstance(node, ast.expr | ast.stmt):
            continue
        for first, last, text, what in _changes(node, module):
            mutant = Mutant(path, node.lineno, first, last, text, what)
            try:
                compile(mutant.source(), str(path), "exec")
            except (SyntaxError, ValueError):
                continue
            found.append(mutant)
    return found


def _annotations(tree: ast.AST) -> set[int]:
    """Nodes that say nothing at run time: annotations, docstrings."""
    roots: list[ast.AST] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign) or (isinstance(node, ast.arg) and node.annotation is not None):
            roots += [node.annotation] if node.annotation is not None else []
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.returns is not None:
            roots += [node.returns] if node.returns is not None else []
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            roots.append(node)
    return {id(inner) for root in roots for inner in ast.walk(root)}


Change = tuple[int, int, str, str]
"""First and last byte, what stands there instead, and that in words."""


class _Module:
    """A module's source, and where its nodes stand in it."""

    def __init__(self, whole: bytes) -> None:
        self.whole = whole
        self._starts = [0]
        for line in whole.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """The first byte of a node, and the one behind it."""
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        first = self._starts[node.lineno - 1] + node.col_offset
        return first, self._starts[node.end_lineno - 1] + node.end_col_offset

    def between(self, left: ast.expr, right: ast.expr, old: str, new: str) -> Iterator[Change]:
        """The operator between two expressions, changed."""
        first, last = self.span(left)[1], self.span(right)[0]
        gap = self.whole[first:last].decode()
        if gap.strip() == old:
            yield first, last, gap.replace(old, new), f"{old} -> {new}"


def _changes(node: ast.expr | ast.stmt, module: _Module) -> Iterator[Change]:
    match node:
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            old = _NAMES[type(op)]
            yield from module.between(left, right, old, _COMPARISONS[old])
        case ast.BoolOp(op=op, values=[left, right]):
            old, new = ("and", "or") if isinstance(op, ast.And) else ("or", "and")
            yield from module.between(left, right, old, new)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield module.span(node)[0], module.span(operand)[0], "", "not removed"
        case ast.If(test=test) | ast.IfExp(test=test):
            yield *module.span(test), "True", "condition -> True"
            yield *module.span(test), "False", "condition -> False"
        case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
            yield *module.span(value), "None", "return -> None"
        case ast.Expr(value=ast.Call()) | ast.AugAssign() | ast.Raise():
            yield *module.span(node), "pass", "statement removed"
        case ast.Constant():
            yield from _other_values(node, module)


def _other_values(node: ast.Constant, module: _Module) -> Iterator[Change]:
    first, last = module.span(node)
    text = module.whole[first:last].decode()
    match node.value:
        case bool(value):
            yield first, last, str(not value), f"{value} -> {not value}"
        case int(value):
            yield first, last, str(value + 1), f"{value} -> {value + 1}"
        case str(words) if words and text[:1] in "\"'" and "\n" not in text:
            yield first, last, repr(words + "X"), f"{text} -> with an X"
        case bytes(data) if data and text[:2] in ("b'", 'b"'):
            yield first, last, repr(data + b"X"), f"{text} -> with an X"
