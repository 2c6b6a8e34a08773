"""How many words a body has, without its markup."""

import re

from publisher.model import Body
from publisher.render.template_tags import without_template_tags

_MARKUP = re.compile(
    r"<!--(?:.*?-->|.*)|<(?:script|style)\b(?:.*?</(?:script|style)>|.*)|</?[A-Za-z][^<>]*>"
    r"|^[ \t]*\[[^\]\n]{1,999}\]:[^\n]*$|\]\([^()\n]*\)|\]\[[^\[\]\n]*\]|\[@[^\[\]\n]*\]|<?https?://[^\s<>()]+",
    re.DOTALL | re.MULTILINE,
)
_UNSPACED = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""Han and kana: scripts that put no space between words; two characters are about one word."""
_WORD = re.compile(r"[^\W_]+(?:['\u2019.,-][^\W_]+)*")


def count_words(body: Body) -> int:
    text = _MARKUP.sub(" ", without_template_tags(body))
    spaced, characters = _UNSPACED.subn(" ", text)
    return len(_WORD.findall(spaced)) + (characters + 1) // 2
