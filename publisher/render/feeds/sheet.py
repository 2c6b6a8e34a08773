"""What makes a feed that is opened in a browser a page that can be read. No XSLT: browsers are removing it."""

STYLESHEET = "feeds/feed-view.css"
SHEET = """\
@namespace url(http://www.w3.org/2005/Atom);
feed, |rss { display: block; max-width: 40rem; margin: 0 auto; padding: 1.5rem 1.25rem; background: #fff;
  color: #16191b; font: 1.0625rem/1.55 Charter, "Bitstream Charter", Cambria, Georgia, serif;
  overflow-wrap: anywhere; }
feed::before, |rss::before { display: block; margin: 0 0 1.25rem; padding: 0.75rem 1rem;
  border-inline-start: 4px solid #0a5a44; background: #f3f6f5; font: 0.95rem/1.5 system-ui, sans-serif;
  content: "This is a news feed. Copy this page\u2019s address into a feed reader to follow it."; }
feed:lang(es)::before { content: "Esto es un canal de noticias. Copie la dirección de esta página en un lector."; }
feed:lang(ar), feed:lang(fa), feed:lang(he), feed:lang(ur) { direction: rtl; }
entry:lang(ar), entry:lang(fa), entry:lang(he), entry:lang(ur) { direction: rtl; }
|channel { display: block; }
feed > *|*, entry > *|*, |channel > *|*, |item > *|* { display: none; }
feed > title, |channel > |title { display: block; font-size: 1.9rem; font-weight: 700; line-height: 1.2; }
feed > subtitle, |channel > |description { display: block; color: #565e66; }
feed > entry, |channel > |item { display: block; margin-top: 1rem; padding: 1rem 0; border-top: 1px solid #d5dbdd; }
entry > title, |item > |title { display: block; font-size: 1.25rem; font-weight: 700; line-height: 1.3; }
entry > summary, |item > |description { display: block; margin-top: 0.3rem; }
entry > published, |item > |pubDate, |item > |link { display: block; color: #565e66;
  font: 0.85rem/1.5 system-ui, sans-serif; }
entry > link[rel="alternate"] { display: block; color: #565e66; font: 0.85rem/1.5 system-ui, sans-serif; }
entry > link[rel="alternate"]::before { content: attr(href); }
@media (prefers-color-scheme: dark) {
  feed, |rss { background: #121615; color: #e6eae8; }
  feed::before, |rss::before { background: #1a201e; border-color: #86d3b4; }
  feed > entry, |channel > |item { border-color: #333b39; }
  entry > published, |item > |pubDate, |item > |link, entry > link[rel="alternate"], feed > subtitle,
  |channel > |description { color: #a3adab; }
}
"""
