"""HTTP on the public port: the web client's files, the POST carrier, health, metrics."""

from __future__ import annotations

import asyncio
import hmac
import ipaddress
import os
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import PathLike, StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from hutong import __version__
from hutong.edge.core import CoreAccess
from hutong.edge.websocket import PATH
from hutong.platform import web_api
from hutong.platform.web_api import WebApis

# Pictures and files arrive over the link and are shown from blob: URLs; nothing is loaded from elsewhere.
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob: mediastream:; "
    "connect-src 'self' ws: wss:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(self), geolocation=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
}
# For the body of a program's request; uvicorn waits for ever.
_BODY_TIMEOUT_S = 30
_IMMUTABLE = "public, max-age=31536000, immutable"
WEB_FOLDER = Path(__file__).resolve().parents[2] / "web" / "dist"


class _WebFiles(StaticFiles):
    """The built web client. Hashed assets are kept for a year, everything else is asked for again."""

    def file_response(
        self, full_path: PathLike, stat_result: os.stat_result, scope: Scope, status_code: int = 200
    ) -> Response:
        """Answer with the packed file beside the one asked for, to a browser that can unpack it."""
        packed = Path(f"{os.fspath(full_path)}.br")
        if not (_takes_brotli(scope) and packed.is_file()):
            return super().file_response(full_path, stat_result, scope, status_code)
        response = super().file_response(packed, packed.stat(), scope, status_code)
        response.headers["Content-Encoding"] = "br"
        response.headers["Vary"] = "Accept-Encoding"
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        hashed = path.startswith("assets/") and response.status_code == 200
        response.headers["Cache-Control"] = _IMMUTABLE if hashed else "no-cache"
        response.headers.update(_HEADERS)
        return response


def create(core: CoreAccess, carriers: ASGIApp, folder: Path = WEB_FOLDER) -> ASGIApp:
    """Return the ASGI application; `carriers` answers POST and DELETE at the link's path."""
    pages = _pages(core, folder)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        # Sealed bytes are compressed by nobody, so they go past the middleware.
        carried = scope["path"] == PATH and scope["method"] in {"POST", "DELETE"}
        await (carriers if carried else pages)(scope, receive, send)

    return answer


def _pages(core: CoreAccess, folder: Path) -> Starlette:
    async def health(_request: Request) -> Response:
        status, code = ("ok", 200) if core.ready else ("no core", 503)
        body = {"status": status, "name": core.settings.server_name, "version": __version__}
        return JSONResponse(body, code)

    async def metrics(request: Request) -> Response:
        if not _may_read_metrics(request, core.settings.metrics_token):
            raise HTTPException(404)
        core.collect()
        return PlainTextResponse(core.metrics.text(), media_type="text/plain; version=0.0.4")

    async def missing(_request: Request) -> Response:
        return PlainTextResponse(
            "The web client has not been built: run `make web`.\n",
            status_code=503,
            headers=_HEADERS,
        )

    async def page(_request: Request, _error: Exception) -> Response:
        return FileResponse(folder / "index.html", status_code=404, headers=_HEADERS)

    apis = [
        Route(f"/{prefix}/{{path:path}}", partial(_answer, core.web_apis, prefix), methods=["GET", "POST"])
        for prefix in sorted(core.web_apis.prefixes)
    ]
    built = (folder / "index.html").exists()
    return Starlette(
        routes=[
            Route("/healthz", health),
            Route("/metrics", metrics),
            *apis,
            Mount("/", _WebFiles(directory=folder, html=True)) if built else Route("/{path:path}", missing),
        ],
        middleware=[Middleware(GZipMiddleware, minimum_size=1024)],
        exception_handlers={404: page} if built else {},
    )


async def _answer(apis: WebApis, prefix: str, request: Request) -> Response:
    """Pass one request of a program's on, once all of it is here."""
    body = bytearray()
    try:
        async with asyncio.timeout(_BODY_TIMEOUT_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > web_api.BODY_BYTES_MAX:
                    return _json(web_api.too_large())
    except (TimeoutError, ClientDisconnect):
        return Response(status_code=408)
    media_type = request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    address = request.client.host if request.client else ""
    asked = web_api.WebRequest(request.method, request.path_params["path"], media_type, bytes(body), address)
    return _json(await apis.answer(prefix, asked))


def _json(reply: web_api.WebReply) -> Response:
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    if reply.retry_after_s:
        headers["Retry-After"] = str(reply.retry_after_s)
    return Response(reply.encoded(), reply.status, headers, media_type="application/json")


def _takes_brotli(scope: Scope) -> bool:
    """Tell whether `br` stands among what is accepted; browsers never name it to refuse it."""
    accepted = Headers(scope=scope).get("Accept-Encoding", "")
    return any(each.partition(";")[0].strip() == "br" for each in accepted.split(","))


def _may_read_metrics(request: Request, token: str) -> bool:
    if token:
        given = request.headers.get("Authorization", "")
        return hmac.compare_digest(given.encode(), f"Bearer {token}".encode())
    try:
        return request.client is not None and ipaddress.ip_address(request.client.host).is_loopback
    except ValueError:  # a proxy's header may name anything
        return False
