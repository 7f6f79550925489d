"""What commands say beside their answer, in the language of whoever types them."""

from handlers.commands.env_file import env_file
from service import told
from service.env_file import language
from service.language import Language


def spoken() -> Language:
    """Return the language of this command: settings need not be read, or right, for it."""
    return language(env_file())


def said(sentence: str, /, **named: object) -> str:
    """Say a sentence, its places filled in."""
    return told.said(sentence, spoken(), **named)
