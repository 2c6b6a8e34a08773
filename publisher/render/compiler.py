"""Templates compiled to quicker Python: Jinja's own compiler, but for what a page does hundreds of times.

- Attributes of our own values are read without a call. Which types have an attribute that templates may read is asked
  of the sandbox, once for each type and name; of every other value it is asked each time.
- What stands between two loops is one piece of the page and not one for each value: what is only written on a condition
  is part of it.
- Plain text is escaped where it stands, words of the interface are looked up there, and macros are called there.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from itertools import groupby
from keyword import iskeyword

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame


class Compiler(CodeGenerator):
    """Each template's module has `plain`, which escapes a `str`; `Wording`, the type of `_`; `Short`, of macros; and
    `known_NAME`, types of which `.NAME` may be read. `value` is what was evaluated last, `kind` its type.
    """

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - as in Jinja
        super().visit_Template(node, frame)
        for name in sorted({one.attr for one in node.find_all(nodes.Getattr) if _is_plain(one)}):
            self.writeline(f"known_{name} = environment.known({name!r})")

    def visit_Getattr(self, node: nodes.Getattr, frame: Frame) -> None:  # noqa: N802 - as in Jinja
        if not _is_plain(node):
            super().visit_Getattr(node, frame)
            return
        self.write(f"(value.{node.attr} if type(value := ")
        self.visit(node.node, frame)
        self.write(f") in known_{node.attr} else environment.getattr(value, {node.attr!r}))")

    def visit_Call(self, node: nodes.Call, frame: Frame, forward_caller: bool = False) -> None:  # noqa: FBT001, FBT002, N802 - as in Jinja
        """Without the variables of blocks and loops, which are for functions that take a context: there are none."""
        words = None if forward_caller else _only_words(node)
        self.write("environment.call(context, " if words is None else f"(value[{words!r}] if type(value := ")
        self.visit(node.node, frame)
        if words is None:
            self.signature(node, frame, {"caller": "caller"} if forward_caller else None)
            self.write(")")
        else:
            self.write(f") is Wording else environment.call(context, value, {words!r}))")

    def blockvisit(self, nodes: Iterable[nodes.Node], frame: Frame) -> None:
        if frame.require_output_check:
            super().blockvisit(nodes, frame)
            return
        self.writeline("pass")
        for writes, some in groupby(nodes, _only_writes):
            if not writes:
                super().blockvisit(some, frame)
            elif children := _children(some):
                self.writeline("yield " if frame.buffer is None else f"{frame.buffer}.append(", children[0])
                self._write_joined(children, frame)
                self.write("" if frame.buffer is None else ")")

    def _write_joined(self, children: Sequence[nodes.Node], frame: Frame) -> None:
        if len(children) < 2:  # noqa: PLR2004 - one is joined to nothing
            self._write_one(children[0], frame) if children else self.write("''")
            return
        self.write("concat((")
        self.indent()
        for child in children:
            self.newline(child)
            self._write_one(child, frame)
            self.write(",")
        self.outdent()
        self.write("))")

    def _write_one(self, child: nodes.Node, frame: Frame) -> None:
        if isinstance(child, nodes.If):
            self._write_chosen(child, frame.soft())
            return
        assert isinstance(child, nodes.Expr)
        finalize = self._make_finalize()
        constant = None
        with suppress(Exception):  # as in Jinja: what fails now fails again when the page is made, and is told then
            constant = self._output_child_to_const(child, frame, finalize)
        if constant is not None:
            self.write(repr(constant))
            return
        self.write("(")
        if isinstance(child, nodes.Call) and self._escapes(frame) and _is_short(child):
            self._write_macro(child, frame)
        self._output_child_pre(child, frame, finalize)
        self.visit(child, frame)
        self._output_child_post(child, frame, finalize)
        self.write(")")

    def _write_macro(self, node: nodes.Call, frame: Frame) -> None:
        """What it makes is escaped already; anything else goes the long way, which follows."""
        self.write("value._func(")
        for argument in node.args:
            self.visit(argument, frame)
            self.write(", ")
        self.write(") if type(value := ")
        self.visit(node.node, frame)
        self.write(f") is Short and value.takes == {len(node.args)} and context.eval_ctx.autoescape else ")

    def _write_chosen(self, node: nodes.If, frame: Frame) -> None:
        self.write("(")
        for one in (node, *node.elif_):
            self.newline(one)  # Python tells a failing truth value where the whole begins
            self._write_on_own_line(one.body, frame)
            self.newline(one)
            self.write("if ")
            self.visit(one.test, frame)
            self.write(" else ")
        self._write_on_own_line(node.else_, frame)
        self.write(")")

    def _write_on_own_line(self, written: Iterable[nodes.Node], frame: Frame) -> None:
        children = _children(written)
        self.write("(")
        if children:
            self.newline(children[0])
        self._write_joined(children, frame)
        self.write(")")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if self._escapes(frame):
            self.write("(plain(value) if (kind := type(value := ")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if self._escapes(frame):
            self.write(")) is str else value if kind is Markup else escape(value))")
        else:
            super()._output_child_post(node, frame, finalize)

    @staticmethod
    def _escapes(frame: Frame) -> bool:
        return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


def _is_plain(node: nodes.Getattr) -> bool:
    """Whether Python reads the name as Jinja does, and the sandbox has nothing against it whatever the value."""
    return node.attr.isascii() and not node.attr.startswith("_") and not iskeyword(node.attr)


DEEP = 5
"""So many conditions within each other are one expression; Python's parser gives up at some depth."""


def _only_writes(node: nodes.Node, depth: int = DEEP) -> bool:
    """What can be an expression: values, and conditions in which there is nothing else."""
    if isinstance(node, nodes.Output):
        return True
    if not isinstance(node, nodes.If) or not depth or len(node.elif_) > DEEP:
        return False
    parts = [*node.body, *node.else_, *[part for one in node.elif_ for part in one.body]]
    return all(_only_writes(part, depth - 1) for part in parts)


def _children(written: Iterable[nodes.Node]) -> Sequence[nodes.Node]:
    """Values and conditions."""
    return [child for node in written for child in (node.nodes if isinstance(node, nodes.Output) else (node,))]


def _is_short(node: nodes.Call) -> bool:
    """Whether it could be a macro's call, without others in it but for words: what it is given is written twice."""
    rest = node.kwargs or node.dyn_args or node.dyn_kwargs or not isinstance(node.node, nodes.Name)
    return not rest and _only_words(node) is None and all(_only_words(one) for one in node.find_all(nodes.Call))


def _only_words(node: nodes.Call) -> str | None:
    """The words of `_("words")`."""
    rest = node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) != 1
    if rest or not isinstance(node.node, nodes.Name) or not isinstance(node.args[0], nodes.Const):
        return None
    return node.args[0].value if isinstance(node.args[0].value, str) else None
