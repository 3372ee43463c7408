"""The sentence under a field says what it is, in the GraphQL schema and in the JSON Schemas. It is read from the source when one of these is
made: pydantic (`use_attribute_docstrings`) parses a whole module again for each of its classes, at every start of every process."""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from functools import cache
from itertools import pairwise

from pydantic import BaseModel


def sentence_under(model: type[BaseModel], field: str) -> str | None:
    """What stands under a field where it was declared last; None: nothing."""
    for kind in model.__mro__:
        if field in inspect.get_annotations(kind):
            return _of_module(kind.__module__).get(kind.__qualname__, {}).get(field)
    return None


@cache
def _of_module(name: str) -> Mapping[str, Mapping[str, str]]:
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    classes = (node for node in tree.body if isinstance(node, ast.ClassDef))
    return {node.name: dict(_of_class(node)) for node in classes}


def _of_class(node: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for line, under in pairwise(node.body):
        match line, under:
            case ast.AnnAssign(target=ast.Name(id=field)), ast.Expr(value=ast.Constant(value=str(text))):
                yield field, inspect.cleandoc(text)
            case _:
                pass
