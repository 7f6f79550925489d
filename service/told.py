"""What a person is told, in his language: an English sentence with places to fill in, and the Chinese for it."""

from service.language import Language
from service.told_chinese import CHINESE


class Told(Exception):
    """An error for whoever must act; as text it is English. Another one in it is said in the same language."""

    def __init__(self, sentence: str, /, **named: object) -> None:
        """Take the sentence, and what fills its places."""
        super().__init__(said(sentence, "en", **named))
        self._sentence, self._named = sentence, named

    def says(self, language: Language) -> str:
        """Return the sentence, filled in."""
        named = {name: each.says(language) if isinstance(each, Told) else each for name, each in self._named.items()}
        return said(self._sentence, language, **named)


def said(sentence: str, language: Language, /, **named: object) -> str:
    """Say a sentence in a language, its places filled in."""
    spoken = CHINESE.get(sentence, sentence) if language == "zh" else sentence
    return spoken.format(**named) if named else spoken
