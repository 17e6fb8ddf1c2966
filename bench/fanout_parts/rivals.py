"""The rivals: the floor in C, Nchan with Redis, Node's `ws`, Django Channels with Daphne and Redis."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from bench.fanout_parts.server import (
    OTHER_CORE,
    PARTS,
    FedServer,
    Missing,
    Server,
    answers,
    compiled,
    fetch,
    message,
    needed,
    python_env,
    sized,
)

NCHAN_MODULES = ("/usr/lib/nginx/modules", "/usr/share/nginx/modules", "/usr/lib64/nginx/modules")
NCHAN = """
load_module {module};
daemon off;
user {user};
worker_processes 1;
worker_rlimit_nofile 20000;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  keepalive_requests 1000000;
  keepalive_timeout 1h;
  client_header_timeout 1h;
  upstream store {{ nchan_redis_server redis://127.0.0.1:{redis}; }}
  server {{
    listen 127.0.0.1:{port} backlog=2048;
    nchan_channel_id wall;
    nchan_redis_pass store;
    location = /subscribe {{ nchan_subscriber websocket; nchan_subscriber_first_message newest; }}
    location = /publish {{ nchan_publisher http; nchan_message_buffer_length 20; nchan_message_timeout 1m; }}
  }}
}}
"""


class Floor(FedServer):
    name = "floor (C, epoll)"

    def start(self) -> None:
        self.run(compiled(self.folder, "floor"), str(self.port), str(self.publish_port))


class Node(FedServer):
    name = "Node ws"

    def start(self) -> None:
        node = needed("node", "install Node.js")
        modules = self.tools / "node"
        if not (modules / "node_modules" / "ws").exists():
            modules.mkdir(exist_ok=True)
            npm = needed("npm", "install npm")
            fetch(npm, "install", "--silent", "--no-audit", "--prefix", modules, "ws")
        env = {"NODE_PATH": str(modules / "node_modules")}
        self.run(node, PARTS / "node.js", str(self.port), str(self.publish_port), env=env)


class Nchan(Server):
    name = "Nchan with Redis"
    path = "/subscribe"

    def __init__(self, folder: Path, tools: Path) -> None:
        super().__init__(folder, tools)
        self._line: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    def start(self) -> None:
        nginx = needed("nginx", "apt install nginx libnginx-mod-nchan")
        module = next(
            (path for name in NCHAN_MODULES if (path := Path(name) / "ngx_nchan_module.so").exists()), None
        )
        if module is None:
            raise Missing("nginx has no Nchan module: apt install libnginx-mod-nchan")
        text = NCHAN.format(
            module=module,
            user="root" if os.getuid() == 0 else "nobody",
            folder=self.folder,
            redis=self.run_redis(),
            port=self.port,
        )
        config = self.folder / "nginx.conf"
        config.write_text(text, encoding="utf-8")
        self.run(nginx, "-p", self.folder, "-c", config)

    async def begin(self) -> None:
        await super().begin()
        self._line = await asyncio.open_connection("127.0.0.1", self.port)

    async def end(self) -> None:
        if self._line is not None:
            self._line[1].close()

    async def publish(self, count: int) -> None:
        """Requests on one line, all written before the first answer is read."""
        assert self._line is not None
        reader, writer = self._line
        for number in range(self.sent, self.sent + count):
            text = message(number)
            head = f"POST /publish HTTP/1.1\r\nHost: x\r\nContent-Length: {len(text)}\r\n\r\n"
            writer.write(head.encode() + text)
        self.sent += count
        for _ in range(count):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            assert head.startswith("http/1.1 20"), head
            await reader.readexactly(int(head.partition("content-length: ")[2].partition("\r\n")[0]))


class Channels(Server):
    """It publishes by a process of its own, which is not counted."""

    name = "Django Channels, Daphne, Redis"

    def __init__(self, folder: Path, tools: Path) -> None:
        super().__init__(folder, tools)
        self._publisher: asyncio.subprocess.Process | None = None
        self._python = Path()
        self._env: dict[str, str] = {}

    def start(self) -> None:
        # later ones of redis-py end the reads in which the layer waits, and allow it 100 connections
        packages = ("channels", "daphne", "channels-redis", "hiredis", "redis<6")
        self._python = python_env(self.tools / "channels", *packages)
        redis = self.run_redis()
        self._env = {**os.environ, "FANOUT_REDIS": f"redis://127.0.0.1:{redis}/0", "PYTHONPATH": str(PARTS)}
        daphne = self._python.parent / "daphne"
        place = ("-b", "127.0.0.1", "-p", str(self.port))
        self.run(self._python, daphne, *place, "-v", "0", "channels_app:application", env=self._env)

    async def begin(self) -> None:
        await answers(self.port)
        self._publisher = await asyncio.create_subprocess_exec(
            *("taskset", "-c", str(OTHER_CORE), self._python, PARTS / "channels_app.py"),
            stdin=asyncio.subprocess.PIPE,
            env=self._env,
        )

    async def end(self) -> None:
        if self._publisher is not None and self._publisher.stdin is not None:
            self._publisher.stdin.close()
            await self._publisher.wait()

    async def publish(self, count: int) -> None:
        assert self._publisher is not None
        assert self._publisher.stdin is not None
        for number in range(self.sent, self.sent + count):
            self._publisher.stdin.write(sized(message(number)))
        self.sent += count
        await self._publisher.stdin.drain()
