"""The pages around signing in: the sign-in page, people and devices, pairing a tablet, accepting an invitation."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from display.screen import event_json
from wall.web.answers import ApiError
from wall.web.pairing import Pairing
from wall.web.passwords import SHORTEST
from wall.web.person import lower
from wall.web.room import Services
from wall.web.session import address_of


async def signin_page(services: Services, request: Request) -> Response:
    """With the way in that most people here have: a password once there are any, else the terminal's code."""
    has_users = any(user.hash for user in await services.auth.users.all())
    return services.pages.render(
        request, "signin.html", event=event_json(services), way="password" if has_users else "code"
    )


class PeoplePages:
    def __init__(self, services: Services) -> None:
        self._services = services

    @property
    def routes(self) -> list[BaseRoute]:
        return [
            Route("/desk/people", self.people, methods=["GET"]),
            Route("/pair", self.pair, methods=["GET"]),
            Route("/invitation", self.invitation, methods=["GET"]),
        ]

    async def people(self, request: Request) -> Response:
        person = await self._services.auth.who(request)
        if person is None or not person.login:
            return await signin_page(self._services, request)
        return self._services.pages.render(
            request, "people.html", event=event_json(self._services), me=person, shortest=SHORTEST
        )

    async def pair(self, request: Request) -> Response:
        """Asks whether this tablet shall be that person's. Looking spends nothing: link previews look too."""
        code = request.query_params.get("c", "")[:64]
        pairing: Pairing | None = None
        problem = ""
        if code:
            try:
                pairing = await self._services.auth.doors.look_at_pairing(code, address=address_of(request))
                problem = "" if pairing else "wrong"
            except ApiError:
                problem = "slow"
        user = await self._services.auth.users.get(pairing.user) if pairing else None
        role = lower(pairing.role, user.role) if pairing and user else pairing.role if pairing else ""
        before = await self._services.auth.who(request)
        return self._services.pages.render(
            request,
            "pair.html",
            event=event_json(self._services),
            code=code,
            name=pairing.name if pairing else "",
            role=role,
            problem=problem,
            before=before.name if before else "",
        )

    async def invitation(self, request: Request) -> Response:
        """The secret is behind the address's "#", which no browser sends: the page itself asks whose it is."""
        return self._services.pages.render(
            request, "invitation.html", event=event_json(self._services), shortest=SHORTEST
        )
