"""The one place that sends: a request out, a typed answer or one of our errors back. It knows no tokens."""

import json
from collections.abc import Mapping
from typing import Any

import httpx2
from pydantic import ValidationError

from handlers.wechat import errors
from handlers.wechat.endpoint import Endpoint, Got, Sent
from handlers.wechat.errors import Unreachable

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
TIMEOUT = httpx2.Timeout(10.0, connect=3.0)
JSON = {"content-type": "application/json; charset=utf-8"}
# Nothing of these reached WeChat, so asking again cannot do anything twice.
BEFORE_SENDING = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.UnsupportedProtocol)


def http_client(api_base: str) -> httpx2.Client:
    """Make the HTTP client: connection pool, time limits, no redirects (WeChat never sends one).

    It goes through the proxy of the environment, as WeChat's whitelist often demands, but not to this machine.
    """
    is_here = httpx2.URL(api_base).host in LOOPBACK
    return httpx2.Client(base_url=api_base, timeout=TIMEOUT, follow_redirects=False, trust_env=not is_here)


class Transport:
    """Sends requests to one API."""

    def __init__(self, http: httpx2.Client) -> None:
        """Take the HTTP client; tests give one that answers by itself."""
        self._http = http

    def send(self, endpoint: Endpoint[Sent, Got], request: Sent, query: Mapping[str, str]) -> Got:
        """Send one request and read the answer.

        Raises WeChatError for what WeChat refuses, and Unreachable for whatever WeChat would not have said.
        """
        answer = self._exchange(endpoint, request, query)
        if refusal := errors.of_answer(endpoint.name, answer):
            raise refusal
        try:
            return endpoint.answer.model_validate(answer)
        except ValidationError as error:
            faults = "; ".join(f"{'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
            raise Unreachable(
                endpoint.name, f"the answer has another shape than WeChat's: {faults}", sent=True
            ) from None

    def _exchange(self, endpoint: Endpoint[Sent, Got], request: Sent, query: Mapping[str, str]) -> dict[str, Any]:
        fields = request.fields()
        try:
            if endpoint.method == "GET":
                response = self._http.get(endpoint.path, params={**query, **fields})
            else:
                # WeChat refuses \u escapes (47002).
                body = json.dumps(fields, ensure_ascii=False).encode()
                response = self._http.post(endpoint.path, params=query, content=body, headers=JSON)
        except BEFORE_SENDING as error:
            raise Unreachable(endpoint.name, f"WeChat cannot be reached: {type(error).__name__}", sent=False) from None
        except httpx2.HTTPError as error:
            raise Unreachable(endpoint.name, f"WeChat did not answer: {type(error).__name__}", sent=True) from None
        try:
            answer = response.json()
        except ValueError:
            answer = None
        if not response.is_success or not isinstance(answer, dict):
            begin = response.text[:200]
            raise Unreachable(
                endpoint.name, f"the answer (HTTP {response.status_code}) is not WeChat's", sent=True, text=begin
            )
        return answer
