import pytest

from service.simulator.media import MEGABYTE
from service.simulator.mini_program import Kept, MiniProgram
from tests.service.simulator.conftest import Caller


@pytest.mark.parametrize(
    ("content", "content_type", "errcode"),
    [
        (b"x" * 2 * MEGABYTE, "image/png", 0),
        (b"x" * (2 * MEGABYTE + 1), "image/png", 40006),
        (b"x" * 10 * MEGABYTE, "video/mp4", 0),
        (b"x", "image/webp", 40005),
        (b"", "image/png", 41005),
    ],
)
def test_files_for_reviewers_are_checked(merchant: Caller, content: bytes, content_type: str, errcode: int) -> None:
    """Kind and size; and what was taken can be shown to them."""
    said = merchant.upload("/wxa/uploadmedia", content, content_type)
    assert said["errcode"] == errcode
    assert ("mediaid" in said) == (errcode == 0)


def test_a_file_comes_in_a_form(merchant: Caller) -> None:
    """And by POST."""
    assert merchant.post("/wxa/uploadmedia", {"media": "x"})["errcode"] == 41005
    assert merchant.get("/wxa/uploadmedia")["errcode"] == 43002


def test_pictures_for_feedback_are_only_pictures(merchant: Caller) -> None:
    """WeChat has other types, but not here."""
    assert merchant.upload("/cgi-bin/media/upload", b"x", "image/png", type="image")["media_id"]
    assert merchant.upload("/cgi-bin/media/upload", b"x", "video/mp4", type="image")["errcode"] == 40004
    assert merchant.upload("/cgi-bin/media/upload", b"x", "image/png", type="thumb")["errcode"] == 40004


def test_screenshots_can_be_fetched(merchant: Caller, app: MiniProgram) -> None:
    """A picture for each that a rejection named, and nothing else."""
    app.media["SCREENSHOT"] = Kept("screenshot")
    material = "/cgi-bin/material/get_material"
    answer = merchant.http.post(f"{material}?access_token={merchant.token}", json={"media_id": "SCREENSHOT"})
    assert answer.headers["content-type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert merchant.post(material, {"media_id": "another"})["errcode"] == 40007
