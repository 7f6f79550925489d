"""One mini program at WeChat: what happens to its code, in which order, and what is refused with which code.

commit ──▶ committed ──submit_audit──▶ in review ──verdict──▶ approved ──release──▶ online
▲                           │
└────────── rejected ◀──────┘
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from service.simulator.refusal import Refusal

APPROVED, REJECTED, IN_REVIEW, WITHDRAWN, DELAYED = range(5)
UNDER_WAY = (IN_REVIEW, DELAYED)
VERDICTS = {"approve": APPROVED, "reject": REJECTED, "delay": DELAYED}
TEMPLATES: Mapping[int, tuple[str, ...]] = MappingProxyType({1: ("pages/index/index", "pages/order/list")})
CATEGORIES = (
    {"first_class": "餐饮服务", "second_class": "点餐平台", "first_id": 220, "second_id": 632},
    {"first_class": "工具", "second_class": "备忘录", "first_id": 287, "second_id": 612},
)


@dataclass
class Audit:
    """One review."""

    auditid: int
    user_version: str
    user_desc: str
    submitted_at: int
    status: int = IN_REVIEW
    reason: str = ""
    screenshot: str = ""


@dataclass
class MiniProgram:
    """One mini program and its code."""

    appid: str
    nickname: str
    user_name: str
    authorized: bool = False
    refresh_token: str = ""
    committed: dict[str, Any] | None = None
    audits: list[Audit] = field(default_factory=list)
    online: str = ""
    released_auditid: int = 0
    releases: int = 0
    gray_percentage: int = 0

    @property
    def latest(self) -> Audit | None:
        """Give the newest review."""
        return self.audits[-1] if self.audits else None

    def decide(self, verdict: str, reason: str = "", screenshot: str = "") -> Audit:
        """Decide the review that is under way; a delayed one can still be decided."""
        audit = self.latest
        if audit is None or audit.status not in UNDER_WAY:
            raise Refusal(85012)
        audit.status, audit.reason, audit.screenshot = VERDICTS[verdict], reason, screenshot
        return audit

    def commit(self, template_id: int, ext_json: str, user_version: str, user_desc: str) -> Any:
        """Put a template's code into a mini program."""
        if template_id not in TEMPLATES:
            raise Refusal(85014)
        if len(user_version) > 64:
            raise Refusal(40097)
        try:
            extension = json.loads(ext_json)
        except ValueError:
            raise Refusal(85048) from None
        if not isinstance(extension, dict):
            raise Refusal(85013)
        self.committed = {
            "user_version": user_version,
            "user_desc": user_desc,
            "pages": tuple(extension.get("pages") or TEMPLATES[template_id]),
        }
        return {}

    def get_page(self) -> Any:
        """List the pages of the committed code."""
        return {"page_list": list(self._committed()["pages"])}

    def get_category(self) -> Any:
        """List the categories that a mini program may submit under."""
        return {"category_list": [dict(category) for category in CATEGORIES]}

    def submit_audit(self, auditid: int, now: float, item_list: list[Any]) -> Any:
        """Begin a review of the committed code."""
        committed = self._committed()
        if self.latest and self.latest.status in UNDER_WAY:
            raise Refusal(85009)
        if not 1 <= len(item_list) <= 5:
            raise Refusal(85023)
        for item in item_list:
            self._check_item(item, committed["pages"])
        self.audits.append(Audit(auditid, committed["user_version"], committed["user_desc"], int(now)))
        return {"auditid": auditid}

    def get_auditstatus(self, auditid: int) -> Any:
        """Say where a review stands."""
        self._committed()
        for audit in self.audits:
            if audit.auditid == int(auditid):
                return self._said_of(audit)
        raise Refusal(85012)

    def get_latest_auditstatus(self) -> Any:
        """Say where the newest review stands."""
        self._committed()
        if self.latest is None:
            raise Refusal(85012)
        return {
            # A string, as in WeChat's example.
            "auditid": str(self.latest.auditid),
            "user_version": self.latest.user_version,
            "user_desc": self.latest.user_desc,
            "submit_audit_time": self.latest.submitted_at,
            **self._said_of(self.latest),
        }

    def release(self) -> Any:
        """Put the approved version online for everybody."""
        audit = self.latest
        if audit is None:
            raise Refusal(85019)
        if audit.status != APPROVED:
            raise Refusal(85020)
        if self.released_auditid == audit.auditid and not self.gray_percentage:
            raise Refusal(85052)
        self.released_auditid, self.online, self.gray_percentage = audit.auditid, audit.user_version, 0
        self.releases += 1
        return {}

    def grayrelease(self, gray_percentage: int) -> Any:
        """Put the approved version online for some."""
        if not 1 <= gray_percentage <= 100:
            raise Refusal(85081)
        if not self.online:
            raise Refusal(85079)
        if self.latest is None or self.latest.status != APPROVED:
            raise Refusal(85080)
        if self.released_auditid == self.latest.auditid and gray_percentage <= self.gray_percentage:
            raise Refusal(85082)
        self.released_auditid, self.gray_percentage = self.latest.auditid, gray_percentage
        return {}

    def _committed(self) -> dict[str, Any]:
        if self.committed is None:
            raise Refusal(86001)
        return self.committed

    @staticmethod
    def _check_item(item: Any, pages: tuple[str, ...]) -> None:
        if not isinstance(item, dict) or not item:
            raise Refusal(85010)
        if "address" in item and item["address"] not in pages:
            raise Refusal(85007)
        tags = str(item.get("tag", "")).split()
        if len(tags) > 10 or any(len(tag) > 20 for tag in tags):
            raise Refusal(85006)
        if len(str(item.get("title", ""))) > 32:
            raise Refusal(85011)
        chosen = (item.get("first_id"), item.get("second_id"))
        if chosen not in {(category["first_id"], category["second_id"]) for category in CATEGORIES}:
            raise Refusal(85008)

    @staticmethod
    def _said_of(audit: Audit) -> dict[str, Any]:
        said: dict[str, Any] = {"status": audit.status}
        if audit.status in (REJECTED, DELAYED):
            said["reason"] = audit.reason
        if audit.screenshot:
            said["screenshot"] = audit.screenshot
        return said
