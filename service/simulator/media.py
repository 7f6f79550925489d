"""素材: files for reviewers, and files of WeChat's.

https://developers.weixin.qq.com/doc/oplatform/openApi/OpenApiDoc/miniprogram-management/code-management/uploadMediaToCodeAudit.html
"""

import secrets
from typing import Any, NamedTuple

from service.simulator.code import Blob
from service.simulator.mini_program import Kept, MiniProgram
from service.simulator.refusal import Refusal
from service.simulator.world import World

MEGABYTE = 1024 * 1024
THREE_DAYS = 3 * 86_400
LARGEST = {"image": 2 * MEGABYTE, "video": 10 * MEGABYTE}
KINDS = {"image/png": "image", "image/jpeg": "image", "image/gif": "image", "video/mp4": "video"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b550000"
    "000a49444154789c63f80f0001010100b138f6140000000049454e44ae426082"
)


class Upload(NamedTuple):
    """A file that came in a form."""

    filename: str
    content_type: str
    content: bytes

    @property
    def about(self) -> str:
        """Describe the file without its content."""
        return f"{self.filename}, {self.content_type}, {len(self.content)} bytes"


def uploadmedia(world: World, app: MiniProgram, media: Upload) -> Any:
    """Take a picture or a video for `preview_info`."""
    kind = KINDS.get(media.content_type)
    if kind is None:
        raise Refusal(40005)
    if len(media.content) > LARGEST[kind]:
        raise Refusal(40006)
    return {"type": kind, "mediaid": _kept(world, app, kind)}


def upload(world: World, app: MiniProgram, media: Upload, type: str) -> Any:
    """Take a picture for `feedback_stuff`."""
    if type != "image" or KINDS.get(media.content_type) != "image":
        raise Refusal(40004)
    return {"type": type, "media_id": _kept(world, app, "feedback"), "created_at": int(world.clock())}


def get_material(world: World, app: MiniProgram, media_id: str) -> Any:
    """Return a file; every screenshot is one and the same small picture."""
    if not app.has_media(media_id, "screenshot", world.clock()):
        raise Refusal(40007)
    return Blob(PNG, "image/png")


def _kept(world: World, app: MiniProgram, kind: str) -> str:
    media_id = secrets.token_urlsafe(32)
    app.media[media_id] = Kept(kind, world.clock() + THREE_DAYS)
    return media_id
