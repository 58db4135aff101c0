"""Photos come in: picked, dropped, pasted; upright, several, in formats that browsers lack."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import Browser, FilePayload, Route

from paintgraph.tests.api.hostile.processes import Child
from paintgraph.tests.editor.browsing import Tab
from paintgraph.tests.page.browsing import IN_BROWSER, PHONE, visited
from paintgraph.tests.page.pictures import file_of, gradient

pytestmark = IN_BROWSER

STATE = "import('/page/main.js').then(({ state }) => "
SHOWN = "import('/page/main.js').then(({ view }) => view.isReady)"
KEPT = STATE + "!!state.photos.length && state.photos.every(p => p.steps[0].picture.digest))"
SIZES = STATE + "state.photos.map(p => [p.steps[0].picture.width, p.steps[0].picture.height]))"


def payload(name: str, data: bytes, media_type: str = "image/png") -> FilePayload:
    return {"name": name, "mimeType": media_type, "buffer": data}


def pick(tab: Tab, *files: FilePayload) -> None:
    tab.page.locator("#pick").set_input_files(list(files))


def test_several_photos_are_kept_and_one_goes_from_one_to_the_other(
    browser: Browser, server: Child
) -> None:
    with visited(browser, server) as tab:
        pick(
            tab,
            payload("a.png", file_of(gradient(90, 60))),
            payload("b.png", file_of(gradient(40, 80))),
        )
        tab.until(STATE + "state.photos.length === 2)")
        tab.until(KEPT)  # until then the list tells how much is sent
        tab.page.get_by_role("button", name="b.png", exact=True).click()
        tab.until(SHOWN)

        assert tab.ask(SIZES) == [[90, 60], [40, 80]]
        assert tab.ask(STATE + "state.photo.name)") == "b.png"
        assert tab.ask(STATE + "[state.mask.width, state.mask.height])") == [40, 80]


@pytest.mark.parametrize("orientation", [3, 6, 8])
def test_page_and_server_turn_a_photo_alike(
    browser: Browser, server: Child, orientation: int
) -> None:
    exif = Image.Exif()
    exif[274] = orientation
    data = file_of(gradient(96, 64), "JPEG", quality=95, exif=exif)
    with visited(browser, server) as tab:
        pick(tab, payload("turned.jpg", data, "image/jpeg"))
        tab.until(KEPT)
        tab.until(SHOWN)
        digest = tab.ask(STATE + "state.step.picture.digest)")
        seen = tab.ask(
            "import('/page/main.js').then(async ({ view: { picture } }) => { const all ="
            " await picture.pixels({ x: 0, y: 0, width: picture.width, height: picture.height });"
            " return [picture.width, picture.height, Array.from(all.data.slice(0, 3))] })"
        )

    made = server.call("GET", f"/v1/images/{digest}", Accept="image/png")
    with Image.open(BytesIO(made.body)) as upright:
        first = upright.convert("RGB").getpixel((0, 0))
        assert isinstance(first, tuple)
        assert (made.headers["Content-Type"], seen[:2]) == ("image/png", list(upright.size))
    assert max(abs(a - b) for a, b in zip(first, seen[2], strict=True)) <= 8


def test_a_format_that_the_browser_lacks_is_shown_by_the_server(
    browser: Browser, server: Child
) -> None:
    with visited(browser, server) as tab:
        pick(tab, payload("scan.tif", file_of(gradient(70, 50), "TIFF"), "image/tiff"))
        tab.until(KEPT)
        tab.until(SHOWN)

        assert tab.ask(SIZES) == [[70, 50]]
        tab.page.locator(".steps img[src^='blob:']").wait_for()


@pytest.mark.parametrize("data", [b"no picture at all", b""], ids=["text", "empty"])
def test_what_is_no_picture_is_told_in_words(browser: Browser, server: Child, data: bytes) -> None:
    with visited(browser, server) as tab:
        pick(tab, payload("broken.png", data))
        note = tab.page.locator("#urgent .note")
        note.wait_for()

        assert note.inner_text().startswith("broken.png: ")
        assert tab.ask(STATE + "state.photos.length)") == 0
        tab.broken.clear()  # the console tells of the server's refusal


def test_a_photo_that_the_server_refuses_before_it_is_decoded_is_not_opened(
    browser: Browser, server: Child
) -> None:
    with visited(browser, server) as tab:
        tab.ask("""() => {
          const decode = createImageBitmap;
          const isRefused = new Promise((resolve) => { window.decodeNow = resolve; });
          window.createImageBitmap = (...given) => isRefused.then(() => decode(...given));
        }""")
        refusal = {"detail": "no room", "code": "full", "errors": []}
        tab.page.route("**/v1/images", lambda route: route.fulfill(status=413, json=refusal))
        with tab.page.expect_event("requestfinished", lambda sent: sent.method == "POST"):
            pick(tab, payload("a.png", file_of(gradient(9, 6))))
        tab.ask("() => setTimeout(window.decodeNow)")
        note = tab.page.locator("#urgent .note")
        note.wait_for()

        assert note.inner_text().startswith("a.png: no room")
        assert tab.ask(STATE + "state.photos.length)") == 0
        tab.broken.clear()  # the console tells of the server's refusal


@pytest.mark.parametrize(("status", "headers"), [(429, {"Retry-After": "1"}), (503, {})])
def test_a_photo_is_sent_again_when_the_server_has_no_room_yet(
    browser: Browser, server: Child, status: int, headers: dict[str, str]
) -> None:
    refusal = {"detail": "too many photos at once", "code": "busy", "errors": []}
    refused = []

    def refuse(route: Route) -> None:
        refused.append(route.request.url)
        route.fulfill(status=status, json=refusal, headers=headers)

    with visited(browser, server) as tab:
        tab.page.route("**/v1/images", refuse, times=1)
        pick(tab, payload("a.png", file_of(gradient(9, 6))))
        tab.until(KEPT)

        assert len(refused) == 1
        assert tab.page.locator("#urgent .note").count() == 0
        tab.failed.clear()  # that answer
        tab.broken.clear()  # the console tells of the server's refusal


def test_a_phone_takes_a_photo_with_its_camera(browser: Browser, server: Child) -> None:
    with visited(browser, server, PHONE) as tab:
        camera = tab.page.get_by_label("Take a photo")
        assert camera.get_attribute("capture") == "environment"
        with tab.page.expect_file_chooser() as chooser:
            tab.page.get_by_text("Take a photo").tap()
        chooser.value.set_files([payload("taken.png", file_of(gradient(60, 90)))])
        tab.until(KEPT)

        assert tab.ask(SIZES) == [[60, 90]]


def test_a_photo_is_dropped_and_another_pasted(browser: Browser, server: Child) -> None:
    data = file_of(gradient(30, 20))
    with visited(browser, server) as tab:
        tab.drop(data, "dropped.png", "image/png", (640, 400))
        tab.until(KEPT)
        tab.paste(data, "pasted.png", "image/png")
        tab.until(STATE + "state.photos.length === 2)")

        names = tab.ask(STATE + "state.photos.map(each => each.name))")
        assert names == ["dropped.png", "pasted.png"]
