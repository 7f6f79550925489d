"""Which permission set (权限集) a merchant must have granted for a call, and what WeChat calls it.

https://developers.weixin.qq.com/doc/oplatform/Third-party_Platforms/2.0/product/miniprogram_authority.html
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple


class PermissionSet(NamedTuple):
    """A set by WeChat's id; `english` is our translation."""

    id: int
    chinese: str
    english: str


DEVELOPMENT = PermissionSet(18, "小程序开发与数据分析", "mini program development and data analysis")
CUSTOMER_SERVICE = PermissionSet(19, "小程序客服管理", "mini program customer service")
CLOUD = PermissionSet(49, "小程序云开发管理", "mini program cloud development")
# What is not here needs DEVELOPMENT; by the last part of the path.
OTHERS: Mapping[str, PermissionSet] = MappingProxyType({"send": CUSTOMER_SERVICE, "getcodesecret": CLOUD})


def set_for(endpoint: str) -> PermissionSet:
    """Return the set that an endpoint needs, by its name."""
    return OTHERS.get(endpoint, DEVELOPMENT)
