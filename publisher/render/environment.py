"""Where templates run: Jinja's sandbox, with templates given as texts. Text of articles is never a template."""

import re
from collections.abc import Callable, Mapping, MutableMapping
from importlib import import_module
from types import CodeType, MethodType
from typing import Any

import msgspec
from jinja2 import (
    BytecodeCache,
    Environment,
    FunctionLoader,
    StrictUndefined,
    Template,
    TemplateError,
    TemplateSyntaxError,
)
from jinja2.bccache import Bucket
from jinja2.runtime import Context, LoopContext, Macro
from jinja2.sandbox import SandboxedEnvironment
from markupsafe import Markup, escape

from publisher.errors import ConfigurationError
from publisher.render.compiler import Compiler
from publisher.render.language import Language, Wording

_OURS: dict[type, bool] = {}
"""Which types are values of our own."""


_plain: Callable[[str], str] = getattr(import_module("markupsafe._speedups"), "_escape_inner", escape)


def _escaped(value: Any) -> str:
    """The same as `escape`, without making a `Markup` of what is only joined to the page."""
    if type(value) is Markup:
        return value
    return _plain(value) if type(value) is str else escape(value)


class Short(Macro):
    """A macro that needs nothing but what it names; `takes` says how much that is."""

    takes: int


def _macro(
    environment: Environment, function: Callable[..., str], name: str, arguments: list[str], *rest: bool
) -> Macro:
    *catches, escapes = rest
    if any(catches) or not escapes:
        return Macro(environment, function, name, arguments, *rest)
    found = Short(environment, function, name, arguments, *rest)
    found.takes = len(arguments)
    return found


class _Template(Template):
    @classmethod
    def from_code(
        cls,
        environment: Environment,
        code: CodeType,
        globals: MutableMapping[str, Any],  # noqa: A002 - as in Jinja
        uptodate: Any = None,
    ) -> Template:
        found = super().from_code(environment, code, globals, uptodate)
        found.root_render_func.__globals__.update(
            escape=_escaped, plain=_plain, Wording=Wording, Macro=_macro, Short=Short
        )
        found.globals = dict(found.globals)
        return found


class Sandbox(SandboxedEnvironment):
    """Jinja's sandbox with a short way to what a page asks for a hundred times: attributes of our own frozen values,
    the interface's words, and macros.
    """

    template_class = _Template
    code_generator_class = Compiler

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self._ready: dict[str, Template] = {}
        self._known: dict[str, set[type]] = {}

    def get_template(self, name: str | Template, parent: str | None = None, globals: Any = None) -> Template:  # noqa: A002, ARG002 - as in Jinja
        """Templates do not change while they are loaded, so each is looked for once."""
        if isinstance(name, Template):
            return name
        if name not in self._ready:
            self._ready[name] = super().get_template(name)
        return self._ready[name]

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063 - as in Jinja
        kind = type(__obj)
        if kind is Short and not kwargs and len(args) == __obj.takes and __context.eval_ctx.autoescape:
            return str.__new__(Markup, __obj._func(*args))  # noqa: SLF001 - all that the long way would do here
        if kind is Short or kind is Macro:
            return __obj(__context.eval_ctx, *args, **kwargs)
        if kind is Wording or (kind is MethodType and __obj.__func__ is Language.text):
            return __obj(*args, **kwargs)
        return super().call(__context, __obj, *args, **kwargs)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Of `_` none: all pages of a language share it, and a template that could change it would change them, as it
        could with `dict.update`.
        """
        return obj is not dict and type(obj) is not Wording and super().is_safe_attribute(obj, attr, value)

    def getattr(self, obj: Any, attribute: str) -> Any:
        kind = type(obj)
        ours = _OURS.get(kind)
        if ours is None:
            ours = _OURS[kind] = issubclass(kind, (msgspec.Struct, LoopContext))
        if not ours or attribute[:1] == "_":
            return super().getattr(obj, attribute)
        try:
            found = getattr(obj, attribute)
        except AttributeError:
            return self.undefined(obj=obj, name=attribute)
        if hasattr(kind, attribute):
            self.known(attribute).add(kind)
        return found

    def known(self, attribute: str) -> set[type]:
        """Types of which templates may read this attribute as it is; they get known as they are met."""
        return self._known.setdefault(attribute, set())


def environment(
    templates: Mapping[str, str], compiled: MutableMapping[str, bytes] | None = None
) -> SandboxedEnvironment:
    """Templates by file name; those that end in `.html` or `.xml` escape what they are given.

    `compiled` has those that were compiled before, and gets those that are compiled now: it has to come from where
    nobody else writes. Raises `ConfigurationError`, with the template's name and line, for one that cannot be compiled.
    """
    key = tuple(sorted(templates.items()))
    if key not in _ENVIRONMENTS:
        if len(_ENVIRONMENTS) >= MOST:
            _ENVIRONMENTS.clear()
        _ENVIRONMENTS[key] = _environment(dict(key), compiled)
    return _ENVIRONMENTS[key]


_ENVIRONMENTS: dict[tuple[tuple[str, str], ...], SandboxedEnvironment] = {}
MOST = 4
"""Sets of templates that are held."""


def _environment(texts: Mapping[str, str], compiled: MutableMapping[str, bytes] | None) -> SandboxedEnvironment:
    def load(name: str) -> tuple[str, str, None] | None:
        return (texts[name], name, None) if name in texts else None

    found = Sandbox(
        loader=FunctionLoader(load),
        autoescape=lambda name: name is not None and name.endswith((".html", ".xml")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
        cache_size=-1,
        bytecode_cache=_Compiled(compiled) if compiled is not None else None,
    )
    for name in texts:
        if not name.endswith(".css"):
            template(found, name)
    return found


class _Compiled(BytecodeCache):
    """By name, for this program's environment; Jinja itself sees to it that text and Python are the same."""

    def __init__(self, shelf: MutableMapping[str, bytes]) -> None:
        self._shelf = shelf

    def get_cache_key(self, name: str, filename: str | None = None) -> str:  # noqa: ARG002 - the two are the same
        return name

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._shelf:
            bucket.bytecode_from_string(self._shelf[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._shelf[bucket.key] = bucket.bytecode_to_string()


def template(environment: SandboxedEnvironment, name: str) -> Template:
    """The compiled template. Raises `ConfigurationError` where it is missing or wrong."""
    try:
        return environment.get_template(name)
    except TemplateSyntaxError as error:
        raise ConfigurationError(f"templates/{error.name or name}:{error.lineno}: {error.message}") from error
    except TemplateError as error:
        raise ConfigurationError(f"templates/{name}: there is no such template") from error
    except (SyntaxError, RecursionError) as error:
        raise ConfigurationError(f"templates/{name}: Python cannot compile it ({error}); nest less in it") from error


def fill(environment: SandboxedEnvironment, name: str, values: Mapping[str, object]) -> str:
    """The template with its values. What goes wrong in it is a `ConfigurationError` that names the line."""
    return "".join(pieces(environment, name, values))


def pieces(environment: SandboxedEnvironment, name: str, values: Mapping[str, object]) -> list[str]:
    """The same, not yet joined."""
    try:
        return list(template(environment, name).generate(values))
    except ConfigurationError:
        raise
    except Exception as error:
        raise ConfigurationError(f"templates/{_line_of(error, name)}: {_reason(error)}") from error


def _reason(error: Exception) -> str:
    """A value that is not there is named as the template names it, not by the class it was looked for in."""
    found = re.fullmatch(r"'publisher\.[\w.]+ object' has no attribute '(\w+)'", str(error))
    return f"there is no value `{found[1]}` here; docs/templates.md lists what there is" if found else str(error)


def source(environment: SandboxedEnvironment, name: str) -> str:
    """A file among the templates that is no template itself: the style sheet."""
    if environment.loader is None:
        return ""
    try:
        return environment.loader.get_source(environment, name)[0]
    except TemplateError as error:
        raise ConfigurationError(f"templates/{name} is missing") from error


def _line_of(error: Exception, name: str) -> str:
    """Jinja rewrites the traceback so that its frames stand in the templates, on their lines; the innermost counts."""
    where, trace = name, error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if not file.endswith(".py"):
            where = f"{file}:{trace.tb_lineno}"
        trace = trace.tb_next
    return where
