"""The page on which a merchant arrives after authorizing the platform: it says that it worked, and asks for nothing.

The code in its address is not needed: the same one comes as a push, which cannot be made up.
"""

from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

PAGE = """<!doctype html>
<html lang="zh">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>授权成功</title>
<style>body{font-family:system-ui,sans-serif;margin:20vh auto;max-width:28rem;padding:0 1rem;text-align:center}</style>
</head>
<body>
<h1>授权成功</h1>
<p>您的小程序已授权，可以关闭本页面。</p>
<p lang="en">Your mini program has authorized the platform. You can close this page.</p>
</body>
</html>
"""
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'",
    # The address holds an authorization code.
    "referrer-policy": "no-referrer",
}


async def authorized(request: Request) -> Response:
    """Say that it worked, to whoever WeChat sends here; it sends a code along only then."""
    if not request.query_params.get("auth_code"):
        return PlainTextResponse("没有授权结果。No authorization came with this address.", 400, HEADERS)
    return HTMLResponse(PAGE, headers=HEADERS)
