"""Templates compiled to quicker Python: Jinja's own compiler, but for what a page does hundreds of times.

- Attributes of our own values are read without a call. Which types have an attribute that templates may read is asked
  of the sandbox, once for each type and name; of every other value it is asked each time.
- What stands between two statements is one piece of the page and not one for each value.
- Plain text is escaped where it stands, and words of the interface are looked up there.
"""

from contextlib import suppress
from keyword import iskeyword

from jinja2 import nodes
from jinja2.compiler import CodeGenerator, Frame


class Compiler(CodeGenerator):
    """Each template's module has `plain`, which escapes a `str`; `Wording`, the type of `_`; and `known_NAME`, types of
    which `.NAME` may be read. `value` is what was evaluated last.
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

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - as in Jinja
        if frame.buffer is not None or frame.require_output_check or len(node.nodes) == 1:
            super().visit_Output(node, frame)
            return
        finalize = self._make_finalize()
        self.writeline("yield concat((", node)
        self.indent()
        for child in node.nodes:
            constant = None
            with suppress(Exception):  # as in Jinja: what fails now fails again when the page is made, and is told then
                constant = self._output_child_to_const(child, frame, finalize)
            self.newline(child)
            if constant is None:
                self._output_child_pre(child, frame, finalize)
                self.visit(child, frame)
                self._output_child_post(child, frame, finalize)
            else:
                self.write(repr(constant))
            self.write(",")
        self.outdent()
        self.writeline("))")

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if self._escapes(frame):
            self.write("(plain(value) if type(value := ")
        else:
            super()._output_child_pre(node, frame, finalize)

    def _output_child_post(self, node: nodes.Expr, frame: Frame, finalize: CodeGenerator._FinalizeInfo) -> None:
        if self._escapes(frame):
            self.write(") is str else escape(value))")
        else:
            super()._output_child_post(node, frame, finalize)

    @staticmethod
    def _escapes(frame: Frame) -> bool:
        return bool(frame.eval_ctx.autoescape) and not frame.eval_ctx.volatile


def _is_plain(node: nodes.Getattr) -> bool:
    """Whether Python reads the name as Jinja does, and the sandbox has nothing against it whatever the value."""
    return node.attr.isascii() and not node.attr.startswith("_") and not iskeyword(node.attr)


def _only_words(node: nodes.Call) -> str | None:
    """The words of `_("words")`."""
    rest = node.kwargs or node.dyn_args or node.dyn_kwargs or len(node.args) != 1
    if rest or not isinstance(node.node, nodes.Name) or not isinstance(node.args[0], nodes.Const):
        return None
    return node.args[0].value if isinstance(node.args[0].value, str) else None
