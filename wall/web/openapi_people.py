"""The part of the API's description that is about people and their devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wall.web.people import Acceptance, Look, NewPairing, NewPassword, NewRole, NewUser, OwnPassword

BODIES = (NewUser, NewRole, NewPassword, OwnPassword, Acceptance, Look, NewPairing)

Operation = Callable[..., dict[str, Any]]


def _body(kind: type) -> dict[str, Any]:
    return {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{kind.__name__}"}}}}


def _done(text: str, status: str = "200") -> dict[str, Any]:
    schema = {} if status == "204" else {"content": {"application/json": {"schema": {"type": "object"}}}}
    return {status: {"description": text, **schema}}


def people_paths(operation: Operation) -> dict[str, Any]:
    """Paths below `/api/v1`; `operation` as in `wall/web/openapi.py`."""
    user_id = {
        "name": "id",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "as the list gives it",
    }
    whose = {
        "name": "whose",
        "in": "query",
        "schema": {"enum": ["all"]},
        "description": "everybody's, for admins",
    }
    id_of = (user_id,)
    changing = (401, 403, 404, 409)
    return {
        "/me": {"get": operation("Who I am", _done("name, role, account"), errors=(401,))},
        "/me/password": {
            "post": operation(
                "Change one's own password; every other login of one's own is over",
                _done("how many logins ended"),
                errors=(400, 401, 403, 409, 415, 429, 503),
                body=_body(OwnPassword),
            )
        },
        "/sessions": {
            "get": operation(
                "One's own logins", _done("the newest first"), errors=(401, 403), parameters=(whose,)
            ),
            "delete": operation(
                "End every login of one's own but this one", _done("how many"), errors=(401, 403)
            ),
        },
        "/sessions/{id}": {
            "delete": operation("End a login", _done("ended"), errors=(401, 403, 404), parameters=id_of)
        },
        "/pairings": {
            "post": operation(
                "A code for one more tablet: five minutes, one use",
                _done("code, url, qr", "201"),
                errors=(400, 401, 403, 415),
                body=_body(NewPairing),
            )
        },
        "/users": {
            "get": operation("The people of this wall", _done("people"), errors=(401, 403)),
            "post": operation(
                "Add somebody; without a password the answer holds an invitation",
                _done("added", "201"),
                errors=(400, 401, 403, 409, 415, 503),
                body=_body(NewUser),
            ),
        },
        "/users/{id}": {
            "patch": operation(
                "Change a role",
                _done("changed"),
                errors=(400, 415, *changing),
                body=_body(NewRole),
                parameters=id_of,
            ),
            "delete": operation("Remove somebody", _done("removed"), errors=changing, parameters=id_of),
        },
        "/users/{id}/password": {
            "post": operation(
                "Give somebody a new password; their logins are over",
                _done("changed"),
                errors=(400, 415, 503, *changing),
                body=_body(NewPassword),
                parameters=id_of,
            )
        },
        "/users/{id}/invitation": {
            "post": operation(
                "Invite somebody again; the password and the logins of before are over",
                _done("url, qr"),
                errors=changing,
                parameters=id_of,
            )
        },
        "/invitations": {
            "post": operation(
                "Accept an invitation with a password of one's own",
                _done("signed in", "204"),
                errors=(400, 403, 410, 415, 503),
                body=_body(Acceptance),
                is_open=True,
            )
        },
        "/invitations/look": {
            "post": operation(
                "Whom an invitation is for",
                _done("name, role"),
                errors=(400, 403, 410, 415),
                body=_body(Look),
                is_open=True,
            )
        },
    }
