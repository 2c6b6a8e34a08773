"""The digest: one edition as the HTML and the text of a mail, and as the page that shows the same to everybody.

Pure: the same content, language, templates and tokens give the same bytes.
"""

import re
from functools import partial

from jinja2.sandbox import SandboxedEnvironment

from publisher.config import Publication
from publisher.render.digest.budget import Plan, fitted
from publisher.render.digest.columns import wrap
from publisher.render.digest.content import Composed, DigestContent, variant
from publisher.render.digest.cut import cut, for_text
from publisher.render.digest.issue import digest_view, subject_of
from publisher.render.digest.phrases import Phrases
from publisher.render.environment import fill
from publisher.render.language import Language
from publisher.render.message import Slots

__all__ = ["Composed", "DigestContent", "compose", "variant"]

_UNPRINTABLE = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
"""Control characters: C1 ones make Gmail cut a mail however short it is. And what UTF-8 cannot carry."""


def compose(
    content: DigestContent,
    *,
    language: Language,
    environment: SandboxedEnvironment,
    publication: Publication,
    slots: Slots | None,
) -> Composed:
    """Write a digest; `environment` knows `digest.html` and `digest.txt`.

    With `slots` it is the mail: their tokens stand where the personal values go, and it gives way as `budget` says.
    Without them it is the page and its `index.txt`: no personal line, and nothing is left out.
    """
    phrases = Phrases(language=language, publication=publication)
    view = digest_view(content, phrases, slots)
    values = {"slots": slots, "wrap": wrap, "_": language.text}

    def write(template: str, plan: Plan) -> str:
        digest = cut(view, plan, phrases)
        return clean(fill(environment, template, {"digest": digest, **values}))

    plan = Plan.whole(content.count)
    if slots is not None:
        most = max((len(article.sources) for article in content.articles), default=0)
        plan = fitted(content.count, most, partial(write, "digest.html"))
    return Composed(
        subject=clean(subject_of(content, phrases)),
        preheader=clean(view.preheader),
        html=write("digest.html", plan),
        text=write("digest.txt", for_text(plan)),
    )


def clean(text: str) -> str:
    return _UNPRINTABLE.sub("", text)
