"""The entry points, composed of settings, clients and what uses them. One instance, one composition."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from handler.app import THREADS, App, Results, error_fields
from handler.connections import Connections
from handler.credentials import CurrentCredentials, FunctionContext, read_credentials
from handler.errors import GifOnUploadError, SettingsError, VideosFailed
from handler.logs import log
from handler.objects import Objects
from handler.pending import PendingEntries
from handler.redaction import remember_address
from handler.settings import Settings, read_places, read_settings
from handler.storage import Storage
from handler.submit import Submitter

if TYPE_CHECKING:
    from handler.checks import CheckResults, Checks
    from handler.collect import Collector, HttpAnswer, Letter, OnlyLetters, Run
    from handler.gate import Gate
    from handler.gif_store import GifStore
    from handler.imm import ImmClient
    from handler.service import GifService

_app: App | None = None
_collector: Collector | OnlyLetters | None = None


def initialize(context: FunctionContext) -> None:
    """Function Compute's initializer: checks the settings and builds what this function needs, no more.

    Raises SettingsError.
    """
    global _app, _collector
    try:
        if str(getattr(context.function, "handler", "")).endswith(".collect"):
            _collector = _build_collector(context)
        else:
            _app = _build(context)
    except SettingsError as error:
        # The platform does not hand over the event that wanted this instance, so no video can be named here.
        log("ERROR", "the function cannot start", **error_fields(error))
        raise


def handler(event: bytes, context: FunctionContext) -> Results | CheckResults:
    """Function Compute's handler: see App.handle."""
    global _app
    if _app is None:
        _app = _build(context)
    try:
        return _app.handle(event, context.request_id, read_credentials(context, os.environ))
    except VideosFailed:
        raise  # each failure has its line
    except GifOnUploadError as error:
        log("ERROR", "event refused", request_id=context.request_id, **error_fields(error))
        raise


def collect(event: bytes, context: FunctionContext) -> Run | HttpAnswer | Letter | CheckResults:
    """The collector's handler: see Collector.handle."""
    global _collector
    try:
        if _collector is None:
            _collector = _build_collector(context)
        return _collector.handle(event, context.request_id, read_credentials(context, os.environ))
    except GifOnUploadError as error:
        log("ERROR", "event refused", request_id=context.request_id, **error_fields(error))
        raise


def _build(context: FunctionContext) -> App:
    settings = _settings(context)
    for warning in settings.warnings:
        log("WARNING", warning)
    return compose(settings)


def _build_collector(context: FunctionContext) -> Collector | OnlyLetters:
    """Both functions have the same settings: what is wrong for one must not lose the other's events."""
    try:
        return compose_collector(_settings(context))
    except SettingsError as error:
        try:
            collector = compose_letters(_settings(context, read_places), error)
        except SettingsError:
            raise error from None  # which lists that, too
        log("ERROR", "the function cannot start, and only keeps dead letters", **error_fields(error))
        return collector


def _settings(context: FunctionContext, read: Callable[..., Settings] = read_settings) -> Settings:
    region = context.region or os.environ.get("FC_REGION", "")
    return read(os.environ, region=region, timeout=float(context.function.timeout))


def compose(settings: Settings) -> App:
    """All that lives as long as the instance: clients with their kept-alive connections, and who uses them."""
    # Beside each video's own request there may be its pending entry's.
    clients = _clients(settings, 2 * THREADS)
    pending = PendingEntries(settings, Objects(clients.storage)) if settings.collect else None
    service = _service(settings, clients)
    submitter = Submitter(settings, clients.storage, service, pending, _gate(settings, clients.storage))
    return App(settings, clients.credentials, submitter, _checks(settings, clients, service))


def compose_collector(settings: Settings) -> Collector:
    """As compose, of the collecting function."""
    # Imported here, because the submitting function has no use for it, and each import is a part of its start.
    from handler.collect import THREADS as COLLECTING
    from handler.collect import Collector
    from handler.dead_letters import DeadLetters
    from handler.follow import Follower
    from handler.gif_store import GifStore

    clients = _clients(settings, COLLECTING)
    storage, objects = clients.storage, Objects(clients.storage)
    pending, gifs = PendingEntries(settings, objects), GifStore(settings, objects)
    service = _service(settings, clients, gifs)
    # It writes no entries: those that are there already follow what it submits.
    gate = _gate(settings, storage)
    submitter = Submitter(settings, storage, service, None, gate)
    follower = Follower(settings, storage, service, submitter, pending, gifs)
    letters = DeadLetters(settings, storage, pending)
    checks = _checks(settings, clients, service)
    return Collector(settings, clients.credentials, pending, follower, letters, checks, gate)


def compose_letters(settings: Settings, error: SettingsError) -> OnlyLetters:
    """As compose_collector, with settings of which `error` says what is wrong."""
    from handler.collect import OnlyLetters
    from handler.dead_letters import DeadLetters

    clients = _clients(settings, 1)
    letters = DeadLetters(settings, clients.storage, PendingEntries(settings, Objects(clients.storage)))
    return OnlyLetters(settings, error, clients.credentials, letters)


def _gate(settings: Settings, storage: Storage) -> Gate | None:
    if not settings.paused and settings.max_tasks_per_day is None:
        return None
    from handler.gate import Gate

    return Gate(settings, storage)


def _service(settings: Settings, clients: _Clients, gifs: GifStore | None = None) -> GifService:
    """What makes the GIFs. gifs: where they go, for the function that follows tasks to them."""
    if settings.gif_service == "oss":
        return _oss_service(settings, clients, follows=gifs is not None)
    from handler.gif_task import GifTaskClient
    from handler.multimediaai import MultimediaAi

    tasks = GifTaskClient(settings, clients.credentials, clients.connections)
    if gifs is None:
        return MultimediaAi(settings, clients.storage, tasks)
    from handler.download import Downloads
    from handler.task_end import TaskEnds

    return MultimediaAi(settings, clients.storage, tasks, TaskEnds(settings, tasks, gifs, Downloads(settings)))


def _oss_service(settings: Settings, clients: _Clients, *, follows: bool) -> GifService:
    from handler.animate import Animator
    from handler.oss_service import OssService, order_limit

    limit = order_limit(settings)
    orders = Storage(settings, clients.credentials, clients.connections, limit)
    animator, objects = Animator(settings, orders, limit), Objects(clients.storage)

    def imm() -> ImmClient:
        """Whoever submits asks it nothing but for a check."""
        from handler.imm import ImmClient

        return ImmClient(settings, clients.credentials, clients.connections)

    if not follows:
        return OssService(settings, animator, objects, imm)
    from handler.oss_end import GifEnds

    return OssService(settings, animator, objects, imm, GifEnds(objects, imm()))


class _Clients(NamedTuple):
    credentials: CurrentCredentials
    connections: Connections
    storage: Storage


def _clients(settings: Settings, size: int) -> _Clients:
    """size: connections that are kept alive to each host."""
    remember_address(settings.callback_url)
    remember_address(settings.collect_url)
    credentials, connections = CurrentCredentials(), Connections(size)
    return _Clients(credentials, connections, Storage(settings, credentials, connections))


def _checks(settings: Settings, clients: _Clients, service: GifService) -> Callable[[], Checks]:
    """What makes Checks; imported when somebody asks for it."""

    def make() -> Checks:
        from handler.checks import Checks

        return Checks(settings, clients.storage, service, clients.connections)

    return make
