"""客服消息: what the platform writes to customers.

https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

from typing import Any

from service.simulator.mini_program import MiniProgram
from service.simulator.world import World


def send(_: World, app: MiniProgram, touser: str, msgtype: str, text: dict[str, str]) -> Any:
    """Send a text to a customer."""
    del msgtype
    app.sent.append({"touser": touser, "content": text["content"]})
    return {}
