"""What is said of settings that are wrong or missing: each by its name, and what it should look like."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from service.language import Language
from service.shapes import SHAPES
from service.shapes_chinese import CHINESE
from service.told import Told

SHAPES_IN: Mapping[Language, Mapping[str, str]] = MappingProxyType({"en": SHAPES, "zh": CHINESE})
WORDS: Mapping[Language, Mapping[str, str]] = MappingProxyType(
    {
        "en": {
            "head": "Settings (environment or .env; .env.example explains each):",
            "quoted": " is in quotes, which are none of its value: ",
            "no_text": " is no text: ",
            "missing": " is missing: ",
            "unusable": " is not usable: ",
        },
        "zh": {
            "head": "配置有误（环境变量或 .env；.env.example 逐项说明）：",
            "quoted": " 带了引号，值里不应有引号：",
            "no_text": " 不是文本：",
            "missing": " 没有设置：",
            "unusable": " 的值不可用：",
        },
    }
)


class SettingsError(Told):
    """One or more settings are wrong or missing; the text names each and what it should look like."""


def said(of_the_file: Iterable[str], faults: Mapping[str, str], language: Language) -> str:
    """Say what is wrong with the lines of a file, and with settings: `faults` are names of WORDS, by setting."""
    words, shapes = WORDS[language], SHAPES_IN[language]
    lines = [f"{name.upper()}{words[fault]}{shapes[name]}" for name, fault in faults.items()]
    return "\n  ".join((words["head"], *of_the_file, *lines))
