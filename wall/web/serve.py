"""The role `parvis web`: one server process. Any number of them may run beside each other."""

from __future__ import annotations

import logging

import uvicorn

from wall.address import base_url
from wall.finder import Finder
from wall.gate import Gate
from wall.ledger import Ledger
from wall.live import Wall
from wall.loop import run
from wall.media.store import MediaStore
from wall.process import die_with_parent, leave, settings_of_role
from wall.settings import Settings
from wall.spool import Spool
from wall.store.client import Store, StoreUnfit
from wall.store.place import store_url_of
from wall.web.app import make_app
from wall.web.auth import Auth, new_code
from wall.web.doors import event_names
from wall.web.health import Metrics
from wall.web.http import Http
from wall.web.pages import Pages
from wall.web.room import Services
from wall.web.session import announce
from wall.web.wire import Wire

WS_MESSAGE_LIMIT = 64 * 1024
STOP_S = 2


def main() -> None:
    die_with_parent()
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(message)s")
    run(serve(settings_of_role()), stops_itself=True)


async def serve(settings: Settings) -> None:
    async with Store(store_url_of(settings), event=settings.event.slug, name="web") as store:
        try:
            await store.ready()
        except StoreUnfit as unfit:
            leave(str(unfit))
        services = make_services(settings, store)
        server = uvicorn.Server(server_config(services))
        announce(
            await new_code(store),
            join=f"{base_url(settings)}/join?k={await services.auth.join_code(for_host=True)}",
        )
        await server.serve()


def make_services(settings: Settings, store: Store) -> Services:
    pages = Pages()
    token = settings.web.admin_token
    return Services(
        settings=settings,
        store=store,
        gate=Gate(store),
        wall=Wall(store),
        ledger=Ledger(store),
        finder=Finder(store),
        media=MediaStore(settings.data_dir / "media"),
        spool=Spool(settings.data_dir),
        auth=Auth(store, admin_token=token.reveal() if token else None, about=event_names(settings.event)),
        pages=pages,
        metrics=Metrics(),
        build=pages.build,
    )


def server_config(services: Services) -> uvicorn.Config:
    web = services.settings.web
    return uvicorn.Config(
        make_app(services),
        host=web.host,
        port=web.port,
        http=Http,
        ws=Wire,
        ws_max_size=WS_MESSAGE_LIMIT,
        ws_per_message_deflate=False,
        ws_ping_interval=20,
        ws_ping_timeout=20,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=True,
        proxy_headers=bool(web.trusted_proxies),
        forwarded_allow_ips=",".join(web.trusted_proxies) or None,
        timeout_graceful_shutdown=STOP_S,
        timeout_keep_alive=15,
        backlog=2048,
    )
