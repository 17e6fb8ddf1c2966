"""Django Channels as its own tutorial shows a group: Daphne serves `application`, and run by itself this publishes.

    python channels_app.py < messages     each is four bytes of length, big end first, then the text

`FANOUT_REDIS` is the store's URL. It runs in an environment of its own, with nothing of ours.
"""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

import django  # type: ignore[import-not-found]
from django.conf import settings  # type: ignore[import-not-found]

settings.configure(
    CHANNEL_LAYERS={
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": [os.environ["FANOUT_REDIS"]], "capacity": 1000},
        }
    },
    ALLOWED_HOSTS=["*"],
)
django.setup()

from channels.generic.websocket import AsyncWebsocketConsumer  # type: ignore[import-untyped]  # noqa: E402  # Django wants its settings first
from channels.layers import get_channel_layer  # type: ignore[import-untyped]  # noqa: E402

GROUP = "wall"


class Wall(AsyncWebsocketConsumer):  # type: ignore[misc]  # Channels has no types
    async def connect(self) -> None:
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  # Channels' signature
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def wall_message(self, event: dict[str, Any]) -> None:
        await self.send(text_data=event["text"])


application = Wall.as_asgi()


async def publish() -> None:
    layer = get_channel_layer()
    while size := await asyncio.to_thread(sys.stdin.buffer.read, 4):
        text = await asyncio.to_thread(sys.stdin.buffer.read, int.from_bytes(size, "big"))
        await layer.group_send(GROUP, {"type": "wall.message", "text": text.decode()})


if __name__ == "__main__":
    asyncio.run(publish())
