from handlers.wechat.chinese import CHINESE
from handlers.wechat.errcodes import ERRCODES


def test_only_codes_that_there_are_have_a_text() -> None:
    """One line each, in Chinese."""
    assert CHINESE.keys() <= ERRCODES.keys()
    assert all(text.isprintable() and any("一" <= character <= "鿿" for character in text) for text in CHINESE.values())
