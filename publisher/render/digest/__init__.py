"""The digest: one edition as the HTML and the text of a mail, and as the page that shows the same to everybody."""

from jinja2.sandbox import SandboxedEnvironment

from publisher.config import Publication
from publisher.render.digest.composer import Composer, Surroundings
from publisher.render.digest.content import Composed, DigestContent, variant
from publisher.render.language import Language
from publisher.render.message import Slots

__all__ = ["Composed", "Composer", "DigestContent", "Surroundings", "compose", "variant"]


def compose(
    content: DigestContent,
    *,
    language: Language,
    environment: SandboxedEnvironment,
    publication: Publication,
    slots: Slots | None,
    surroundings: Surroundings | None = None,
) -> Composed:
    """One variant alone."""
    composer = Composer(language=language, environment=environment, publication=publication, surroundings=surroundings)
    return composer.compose(content, slots)
