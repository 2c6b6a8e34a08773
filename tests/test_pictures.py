"""Pictures of articles: shown in sizes and forms of their own, described, and never a reason to lose an article."""

import os
import re
from io import BytesIO
from itertools import product
from pathlib import Path

import pytest
from PIL import Image

from desk import Desk
from publisher.model import Picture, Shown
from publisher.render import pixels
from publisher.render.pictures import Variant, in_feed, on_page, picture_tag, variants

ORIENTATION, MAKER, PLACE = 0x0112, 0x010F, 0x8825
SCRIPTED = (
    "articles/drawn.svg is not shown: an SVG may carry a script; put it into static/ if it is yours, "
    "and write its address there"
)
PAGE = "2026/06/25/pier/index.html"


def photograph(path: Path, size: tuple[int, int] = (1000, 600), colour: str = "#3a6", **how: object) -> Path:
    """As a telephone takes it: lying on its side, with the place noted in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    note = Image.Exif()
    note[ORIENTATION] = 6
    note[MAKER] = "Telephone"
    note.get_ifd(PLACE)[1] = "N"
    Image.linear_gradient("L").resize(size).convert("RGB").save(path, exif=note, comment="secret", **how)  # type: ignore[arg-type]
    return path


def pier(desk: Desk, body: str = "![The pier](pier.jpg)", **keys: object) -> None:
    desk.article("pier", body=body, **keys)


def addresses(page: str) -> set[str]:
    found = {url.split()[0] for listed in re.findall(r'srcset="([^"]+)"', page) for url in listed.split(",")}
    return found | set(re.findall(r'<img src="([^"]+)"', page))


def test_a_picture_is_shown_upright_in_its_sizes_and_forms_and_says_nothing_of_its_place(desk: Desk) -> None:
    photograph(desk.home / "articles" / "pier.jpg")
    pier(desk, image="pier.jpg", image_alt="A pier & a <boat>")
    told = desk.run()
    assert told["warnings"] == []
    page = desk.page(PAGE)
    shown = re.findall(r"<picture>(.*?)</picture>", page)
    assert len(shown) == 2
    assert (
        'alt="A pier &amp; a &lt;boat&gt;" width="600" height="1000" class="hero u-photo" fetchpriority="high"'
        in shown[0]
    )
    assert 'alt="The pier" width="600" height="1000" loading="lazy" decoding="async"' in shown[1]
    assert [re.findall(r'type="image/(\w+)"', one) for one in shown] == [["avif", "webp"]] * 2
    assert re.search(r'<meta property="og:image" content="https://zendoric.example/images/\w\w/\w+-600.jpeg">', page)
    for address in addresses(page):
        data = (desk.home / "public" / address[1:]).read_bytes()
        image = Image.open(BytesIO(data))
        assert image.size[0] == int(re.findall(r"-(\d+)\.", address)[0])
        assert image.size[1] == round(image.size[0] * 1000 / 600)
        assert not dict(image.getexif())
        assert b"Telephone" not in data
        assert b"secret" not in data


def test_feeds_name_one_file_with_its_whole_address(desk: Desk) -> None:
    photograph(desk.home / "articles" / "pier.jpg")
    pier(desk)
    desk.run()
    named = re.findall(r"https://zendoric.example/images/[\w/]+-600\.jpeg", desk.page("feeds/atom.xml"))
    assert len(set(named)) == 1
    assert (desk.home / "public" / named[0].removeprefix("https://zendoric.example/")).is_file()
    assert "srcset" not in desk.page("feeds/atom.xml")


def test_what_did_not_change_is_not_made_again_and_a_new_picture_has_a_new_address(desk: Desk) -> None:
    place = photograph(desk.home / "articles" / "pier.jpg")
    pier(desk)
    desk.run("--site-only")
    before = addresses(desk.page(PAGE))
    assert desk.run("--site-only")["files_written"] == 0
    photograph(place, size=(900, 600))
    told = desk.run("--site-only")
    after = addresses(desk.page(PAGE))
    assert told["articles"] == 1
    assert not before & after
    assert {path for path in desk.site() if path.startswith("images/")} == {one[1:] for one in after}


def test_a_picture_that_cannot_be_shown_is_named_and_costs_no_article(desk: Desk) -> None:
    folder = desk.home / "articles"
    photograph(folder / "whole.jpg")
    (folder / "half.jpg").write_bytes((folder / "whole.jpg").read_bytes()[:3000])
    Image.new("1", (9000, 9000)).save(folder / "bomb.png")
    (folder / "text.png").write_text("no picture")
    (folder / "drawn.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>")
    (desk.home / "secret.png").write_bytes((folder / "whole.jpg").read_bytes())
    (desk.home / "static").mkdir()
    (desk.home / "static" / "link.png").symlink_to("/etc/hostname")
    names = ("half.jpg", "bomb.png", "text.png", "drawn.svg", "../secret.png", "link.png", "none.jpg", "/none.png")
    pier(desk, body="\n\n".join(f"![x]({name})" for name in names) + "\n\n![](whole.jpg)")
    told = desk.run()
    assert told["articles"] == 1
    assert [one.partition(": the picture ")[2] for one in told["warnings"]] == [
        "articles/half.jpg is not shown: it is damaged",
        "articles/bomb.png is not shown: it has 9000 x 9000 pixels; a picture has at most 50 million",
        "articles/text.png is not shown: it is no JPEG, PNG, WebP, AVIF, GIF or SVG picture",
        SCRIPTED,
        "../secret.png is no file of this publication; it lies beside the article or in static/",
        "static/link.png is not shown: it is a link that leads out of the publication",
        "none.jpg is missing: there is no articles/none.jpg nor static/none.jpg",
        "/none.png is missing: there is no static/none.png",
        "whole.jpg has no description for those who do not see it; write ![what it shows](whole.jpg)",
    ]
    assert told["warnings"][0].startswith("articles/pier.md:5: ")
    assert {path.rpartition("-")[0] for path in desk.site() if path.startswith("images/")} == {
        path.rpartition("-")[0][1:] for path in addresses(desk.page(PAGE)) if path.startswith("/images/")
    }


def test_a_picture_that_comes_later_is_shown_by_the_next_run(desk: Desk) -> None:
    pier(desk)
    assert "pier.jpg is missing" in desk.run()["warnings"][0]
    photograph(desk.home / "articles" / "pier.jpg")
    assert desk.run()["warnings"] == []
    assert "<picture>" in desk.page(PAGE)
    (desk.home / "articles" / "pier.jpg").unlink()
    assert "pier.jpg is missing" in desk.run()["warnings"][0]
    assert not [path for path in desk.site() if path.startswith("images/")]


def test_what_nobody_may_see_yet_has_no_picture_on_the_site(desk: Desk) -> None:
    photograph(desk.home / "articles" / "pier.jpg")
    desk.article("other")
    pier(desk, draft=True)
    desk.article("embargo", published="2026-06-26T08:00:00+02:00", body="![x](pier.jpg)")
    desk.article("gone", body="![x](pier.jpg)", retracted={"at": "2026-06-25T08:30:00+02:00", "reason": "no"})
    desk.run()
    assert not [path for path in desk.site() if path.startswith("images/")]
    desk.run(at="2026-06-26T09:00:00+02:00")
    assert [path for path in desk.site() if path.startswith("images/")]


def test_a_picture_from_elsewhere_is_left_as_it_was_written(desk: Desk) -> None:
    pier(
        desk, body="![far](https://far.example/a.jpg) ![other](//far.example/b.jpg)", image="https://far.example/c.jpg"
    )
    assert desk.run()["warnings"] == []
    page = desk.page(PAGE)
    assert '<img src="https://far.example/a.jpg" alt="far">' in page
    assert '<img class="hero cut u-photo" src="https://far.example/c.jpg"' in page


def test_pictures_of_static_are_meant_by_their_address_on_the_site(desk: Desk) -> None:
    photograph(desk.home / "static" / "charts" / "costs 1.png")
    (desk.home / "static" / "mark.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" width="40" height="20"/>')
    pier(desk, body="![costs](</charts/costs 1.png>) ![mark](/mark.svg) <img src='/mark.svg' width='80' alt=''>")
    assert desk.run()["warnings"] == []
    page = desk.page(PAGE)
    assert 'alt="costs" width="600" height="1000"' in page
    assert '<img src="/mark.svg" alt="mark" width="40" height="20" loading="lazy" decoding="async">' in page
    assert '<img src="/mark.svg" alt="" width="80" height="40" loading="lazy" decoding="async">' in page
    assert (desk.home / "public" / "charts" / "costs 1.png").is_file()


def test_an_animation_goes_on_moving() -> None:
    frames = [Image.new("RGB", (120, 80), colour) for colour in ("red", "green", "blue")]
    target = BytesIO()
    frames[0].save(target, "GIF", save_all=True, append_images=frames[1:], duration=70)
    picture = pixels.measured("a.gif", target.getvalue())
    assert isinstance(picture, Picture)
    (only,) = variants(picture)
    made = Image.open(BytesIO(pixels.moving(target.getvalue(), only)))
    assert (made.format, made.n_frames, made.size, made.info["loop"]) == ("WEBP", 3, (120, 80), 0)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kind", "width"),
    list(product(["jpeg", "png", "gif", "webp", "avif"], [1, 479, 480, 801, 1280, 5000])),
)
def test_every_file_that_pages_and_feeds_name_is_made(kind: str, width: int) -> None:
    for moves in (False, True):
        picture = Picture(path="articles/a", hash="0" * 64, kind=kind, width=width, height=width, moving=moves)
        made = {one.path for one in variants(picture)}
        shown = [Shown(written="a", picture=picture)]
        named = addresses(picture_tag(picture, str, {}))
        for html in (on_page, in_feed):
            named |= addresses(
                html('<img src="https://x.example/a" alt="">', shown, base="https://x.example/", address=str)
            )
        assert named == made
        assert all(one.width <= min(width, 1280) for one in variants(picture))


def test_a_name_changes_with_the_content_alone() -> None:
    one, other = (
        Picture(path=path, hash=digit * 64, kind="jpeg", width=900, height=600)
        for path, digit in (("articles/a", "0"), ("articles/b", "1"))
    )
    assert Variant(picture=one, width=480, form="avif").path == "images/7c/93a967d6ee2a-480.avif"
    assert (
        Variant(picture=other, width=480, form="avif").path[:20]
        != Variant(picture=one, width=480, form="avif").path[:20]
    )


def test_many_pictures_leave_a_page_small() -> None:
    shown = [
        Shown(written=f"{n}.jpg", picture=Picture(path=f"{n}", hash=f"{n:064}", kind="jpeg", width=2000, height=900))
        for n in range(40)
    ]
    html = "".join(f'<img src="https://x.example/{n}.jpg" alt="Picture {n}">' for n in range(40))
    assert len(on_page(html, shown, base="https://x.example/", address=lambda path: f"/{path}")) < 18_000


def test_wide_colours_become_those_of_screens() -> None:
    from PIL import ImageCms

    target = BytesIO()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.new("RGB", (300, 200), "#804020").save(target, "JPEG", icc_profile=profile, quality=95)
    picture = pixels.measured("a.jpg", target.getvalue())
    assert isinstance(picture, Picture)
    image = pixels.pixels(target.getvalue(), picture)
    assert "icc_profile" not in Image.open(BytesIO(pixels.encoded(image, next(iter(variants(picture)))))).info


def test_a_file_that_changes_while_it_is_published_stops_the_release(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from publisher.running import publishing

    place = photograph(desk.home / "articles" / "pier.jpg")
    pier(desk)
    before = publishing.read_catalogue

    def changed_meanwhile(*given: object) -> object:
        place.write_bytes(place.read_bytes() + b"more")
        return before(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(publishing, "read_catalogue", changed_meanwhile)
    done = desk.publisher("run", "--site-only")
    assert done.returncode == 75
    assert "articles/pier.jpg was changed while it was being published" in done.stderr
    assert not os.path.lexists(desk.home / "public")


def test_the_picture_at_the_top_is_told_with_its_line_where_it_is_missing_damaged_or_none(desk: Desk) -> None:
    desk.article("missing", image="nowhere.jpg", image_alt="A pier")
    desk.article("damaged", image="half.jpg", image_alt="A pier")
    target = BytesIO()
    Image.radial_gradient("L").resize((400, 300)).convert("RGB").save(target, "JPEG")
    (desk.home / "articles/half.jpg").write_bytes(target.getvalue()[:900])
    desk.article("listed", image=["a.jpg"])
    told = desk.run("--site-only")
    assert told["articles"] == 3
    missing, damaged, listed = (
        next(one for one in told["warnings"] if one.startswith(f"articles/{name}.md:4: "))
        for name in ("missing", "damaged", "listed")
    )
    assert "nowhere.jpg is missing" in missing
    assert "the picture articles/half.jpg is not shown: " in damaged
    assert "`image` is no address of a picture" in listed
