"""The entry points, composed of settings, clients and what uses them. One instance, one composition."""

from __future__ import annotations

import os

from handler.app import THREADS, App, Results, error_fields
from handler.connections import Connections
from handler.credentials import CurrentCredentials, FunctionContext, read_credentials
from handler.errors import GifOnUploadError, SettingsError, VideosFailed
from handler.gif_task import GifTaskClient
from handler.logs import log
from handler.objects import Objects
from handler.pending import PendingEntries
from handler.redaction import remember_address
from handler.settings import Settings, read_settings
from handler.storage import Storage
from handler.submit import Submitter

_app: App | None = None


def initialize(context: FunctionContext) -> None:
    """Function Compute's initializer: checks the settings and builds the clients; raises SettingsError."""
    global _app
    try:
        _app = _build(context)
    except SettingsError as error:
        # The platform does not hand over the event that wanted this instance, so no video can be named here.
        log("ERROR", "the function cannot start", **error_fields(error))
        raise


def handler(event: bytes, context: FunctionContext) -> Results:
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


def _build(context: FunctionContext) -> App:
    region = context.region or os.environ.get("FC_REGION", "")
    settings = read_settings(os.environ, region=region, timeout=float(context.function.timeout))
    for warning in settings.warnings:
        log("WARNING", warning)
    return compose(settings)


def compose(settings: Settings) -> App:
    """All that lives as long as the instance: clients with their kept-alive connections, and who uses them."""
    remember_address(settings.callback_url)
    remember_address(settings.collect_url)
    credentials = CurrentCredentials()
    # Beside each video's own request there may be its pending entry's.
    connections = Connections(size=2 * THREADS)
    storage = Storage(settings, credentials, connections)
    pending = PendingEntries(settings, Objects(storage)) if settings.collect else None
    submitter = Submitter(settings, storage, GifTaskClient(settings, credentials, connections), pending)
    return App(settings, credentials, submitter)
