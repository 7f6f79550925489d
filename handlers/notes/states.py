"""The states of a version, as people say them, in English and Chinese."""

from collections.abc import Mapping
from types import MappingProxyType

from service.language import Language

STATES_ZH: Mapping[str, str] = MappingProxyType(
    {
        "planned": "待上传",
        "committing": "上传中",
        "committed": "已上传",
        "submitting": "提交中",
        "in_review": "审核中",
        "delayed": "审核延后",
        "approved": "已通过",
        "releasing": "发布中",
        "rolling_out": "灰度中",
        "taking_back": "回退中",
        "released": "已发布",
        "taken_back": "已回退",
        "rejected": "未通过",
        "withdrawn": "已撤回",
        "superseded": "已被取代",
        "refused": "被拒绝受理",
        "conflict": "需人工判断",
    }
)


def state_in(language: Language, state: str) -> str:
    """Return the state of a row as people say it."""
    return STATES_ZH.get(state, state) if language == "zh" else state.replace("_", " ")
