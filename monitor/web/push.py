"""The callback that hubs are given: a page of its own for every feed (WebSub)."""

from dataclasses import dataclass

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from monitor.jobs.push import Pushed, Receipt

_ANSWERS = {
    Receipt.TAKEN: (202, "taken\n"),
    # A stranger does not learn whether he guessed the secret, and a hub with a wrong one need not repeat itself.
    Receipt.FORGED: (202, "taken\n"),
    # Ends what hubs keep of promises that we no longer know.
    Receipt.UNKNOWN: (410, "nobody waits for this\n"),
    Receipt.FULL: (503, "too much at once; come again later\n"),
}


@dataclass(frozen=True)
class Callback:
    pushed: Pushed

    async def verify(self, request: Request) -> Response:
        """A hub asks whether we meant what it was asked. The one GET that changes something: WebSub wants it so, and
        the address stands in no mail."""
        said = request.query_params.get
        right = request.method == "GET" and await self.pushed.verify(
            request.path_params["token"],
            said("hub.mode", ""),
            said("hub.topic", ""),
            said("hub.lease_seconds", ""),
            said("hub.reason", ""),
        )
        return PlainTextResponse(said("hub.challenge", ""), 200) if right else PlainTextResponse("not asked for\n", 404)

    async def receive(self, request: Request) -> Response:
        try:
            receipt = await self.pushed.receive(
                request.path_params["token"],
                request.stream(),
                request.headers.get("content-type", ""),
                request.headers.get("x-hub-signature", ""),
            )
        except ClientDisconnect:
            return PlainTextResponse("cut short\n", 400)
        status, text = _ANSWERS[receipt]
        return PlainTextResponse(text, status, headers={"retry-after": "60"} if receipt == Receipt.FULL else None)
