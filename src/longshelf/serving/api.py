"""The FastAPI application: the schema of all endpoints, and the pages that take no document."""

from __future__ import annotations

from importlib import metadata
from pathlib import Path
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from longshelf.serving.endpoints import ENDPOINTS, Endpoint
from longshelf.serving.problems import Problem
from longshelf.serving.schemas import Catalogue, Health, ProblemDetails, Ready
from longshelf.serving.service import Service

__all__ = ["api"]

PROBLEMS = {
    400: "Not JSON.", 401: "No API key, or an unknown one.", 404: "Nothing of this name here.",
    405: "Another method.", 408: "The document came too slowly.", 413: "The document is too large.",
    415: "Not a JSON document.", 422: "The document does not fit.", 429: "Asked too often.",
    503: "More is asked than can be answered, or stored, now.",
}  # fmt: skip
HERE = Path(__file__).parent / "storefront"
PAGES = {
    "/": ("index.html", "text/html"), "/storefront.css": ("storefront.css", "text/css"),
    "/storefront.js": ("storefront.js", "text/javascript"),
}  # fmt: skip
GUARD = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def api(service: Service) -> FastAPI:
    """Build the application around a service."""
    app = FastAPI(
        title="LongShelf", version=metadata.version("longshelf"), docs_url=None, redoc_url=None,
        description="Recommendations, search and classification, measured by head and tail.",
        responses=_problems(401, 405, 429, 503),
    )  # fmt: skip
    app.add_exception_handler(HTTPException, _problem)
    for path, one in ENDPOINTS.items():
        _post(app, service, path, one)
    _watchers(app, service)
    if service.config.storefront:
        _storefront(app, service)
    _secured(app)
    return app


def _problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    content = {"application/problem+json": {"schema": ProblemDetails.model_json_schema()}}
    return {one: {"description": PROBLEMS[one], "content": content} for one in statuses}


def _post(app: FastAPI, service: Service, path: str, one: Endpoint) -> None:
    async def answer(request: Request) -> Any:
        return await getattr(service, one.name)(one.asked.model_validate_json(await request.body()))

    schema = one.asked.model_json_schema(ref_template="#/components/schemas/{model}")
    schema.pop("$defs", None)
    body = {"content": {"application/json": {"schema": schema}}, "required": True}
    app.add_api_route(
        path, answer, methods=["POST"], response_model=one.told, name=one.name,
        summary=one.says, description=(one.asked.__doc__ or "").strip(),
        responses=_problems(400, 404, 408, 413, 415, 422),
        openapi_extra={"requestBody": body},
    )  # fmt: skip


def _watchers(app: FastAPI, service: Service) -> None:
    @app.get("/health", summary="The process answers.")
    async def health() -> Health:
        return Health(status="ok")

    @app.get("/ready", summary="The service can do its work.")
    async def ready() -> Ready:
        if not service.ready:
            raise HTTPException(503, "the service is starting or stopping")
        return Ready(
            status="ready", artifacts=service.holding.names, rejected=service.rejected,
            events=service.writer.away or service.unreadable,
        )  # fmt: skip

    @app.get("/metrics", summary="For Prometheus.", response_class=Response)
    async def metrics() -> Response:
        return Response(service.meters.text(), media_type="text/plain; version=0.0.4")


def _storefront(app: FastAPI, service: Service) -> None:
    @app.get("/catalogue", summary="What a shop window needs to know.")
    async def catalogue() -> Catalogue:
        return service.catalogue()

    for path, (name, kind) in PAGES.items():
        page = (HERE / name).read_bytes()
        app.add_api_route(
            path, _page(page, kind), methods=["GET"], include_in_schema=False,
        )  # fmt: skip


def _page(page: bytes, kind: str) -> Any:
    async def show() -> Response:
        return Response(page, media_type=f"{kind}; charset=utf-8", headers=GUARD)

    return show


async def _problem(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = PROBLEMS.get(status, "the service failed")
    found = Problem(status, detail, retry=1.0 if status == 503 else None)
    headers = dict(error.headers or {}) if isinstance(error, HTTPException) else {}
    headers |= {name.decode(): value.decode() for name, value in found.headers()}
    return Response(found.body(), status, headers)


def _secured(app: FastAPI) -> None:
    """Say in the schema where a key goes, and on which paths."""
    make = app.openapi

    def schema() -> dict[str, Any]:
        if app.openapi_schema is None:
            said = make()
            said.setdefault("components", {})["securitySchemes"] = {
                "bearer": {"type": "http", "scheme": "bearer"}
            }
            for path, methods in said["paths"].items():
                if path not in ("/health", "/ready"):
                    for one in methods.values():
                        one["security"] = [{"bearer": []}, {}]
        return app.openapi_schema or {}

    app.openapi = schema  # type: ignore[method-assign]
