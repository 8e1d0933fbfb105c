"""Supabase's REST service as far as the notify step needs it: Kong's key check, PostgREST's tokens, row-level security,
selection, counts, one function, and errors with the bodies that PostgREST's documentation ("Errors") gives.
"""

import json
import time
import urllib.parse

from harness.http_server import HttpServer, json_answer
from harness.json_web_token import make_token, read_token

TABLE = "ml_orders"
FUNCTION = "notify_get_order_recipients"


def error(http_status, code, message, details=None, hint=None):
    return json_answer(http_status, {"code": code, "details": details, "hint": hint, "message": message})


# A fault that the service is in, by the name that `fault` gives it.
FAULTS = {
    "PGRST301": lambda: error(401, "PGRST301", "No suitable key or wrong key type",
                              "No suitable key was found to decode the JWT"),
    "PGRST303": lambda: error(401, "PGRST303", "JWT expired"),
    "PGRST002": lambda: error(503, "PGRST002", "Could not query the database for the schema cache. Retrying."),
    "PGRST202": lambda: error(404, "PGRST202", f"Could not find the function public.{FUNCTION} in the schema cache"),
    "PGRST205": lambda: error(404, "PGRST205", f"Could not find the table 'public.{TABLE}' in the schema cache"),
    "42P01": lambda: error(404, "42P01", f'relation "public.{TABLE}" does not exist'),
    "42P10": lambda: error(400, "42P10", "there is no unique or exclusion constraint matching the ON CONFLICT "
                           "specification"),
    "23505": lambda: error(409, "23505", 'duplicate key value violates unique constraint "ml_orders_pkey"',
                           "Key (id)=(1) already exists."),
    "42501": lambda: error(403, "42501", f"permission denied for table {TABLE}"),
    "53300": lambda: error(503, "53300", "sorry, too many clients already"),
    "throttled": lambda: (429, {"Retry-After": "1"}, b"{}"),
    "bad_gateway": lambda: (502, {"Content-Type": "text/html"}, b"<html><h1>502 Bad Gateway</h1></html>"),
    "not_json": lambda: (200, {"Content-Type": "text/html"}, b"<html>login</html>"),
    "hanging": lambda: "hang",
    "closing": lambda: "close",
}


class Postgrest(HttpServer):
    """`orders`: by id, their columns. `fault`: a key of FAULTS while the service is in trouble."""

    def __init__(self, jwt_secret="super-secret-jwt-token-with-at-least-32-characters", rpc_token="rpc-token-1"):
        self.jwt_secret = jwt_secret
        self.rpc_token = rpc_token
        self.service_role_key = make_token(jwt_secret, "service_role")
        self.anon_key = make_token(jwt_secret, "anon")
        self.keys = {self.service_role_key, self.anon_key}  # that Kong lets in as `apikey`
        self.row_level_security = True
        self.orders = {}
        self.fault = None
        self.requests = []
        super().__init__()

    def add_order(self, order_id, user_id=None, merchant_id=None):
        with self._changed:
            self.orders[order_id] = {"id": order_id, "user_id": user_id, "merchant_id": merchant_id}

    def describe(self):
        return f"have {len(self.requests)} requests, the last to {[each.path for each in self.requests[-3:]]}"

    def answer(self, request):
        self.requests.append(request)
        if self.fault:
            return FAULTS[self.fault]()
        if "apikey" not in request.headers:
            return json_answer(401, {"message": "No API key found in request"})
        if request.headers["apikey"] not in self.keys:
            return json_answer(401, {"message": "Invalid authentication credentials"})
        role = self._role(request.headers.get("authorization"))
        if not isinstance(role, str):
            return role
        url = urllib.parse.urlsplit(request.path)
        if url.path == f"/rest/v1/{TABLE}" and request.method in ("GET", "HEAD"):
            return self._select(request, dict(urllib.parse.parse_qsl(url.query)), role)
        if url.path == f"/rest/v1/rpc/{FUNCTION}" and request.method == "POST":
            return self._call(json.loads(request.body), role)
        return FAULTS["PGRST205"]()

    def _role(self, authorization):
        """The role that the token names, `anon` without one; or the answer that refuses it."""
        if authorization is None:
            return "anon"
        claims = read_token(self.jwt_secret, authorization.removeprefix("Bearer "))
        if claims is None:
            return FAULTS["PGRST301"]()
        if claims.get("exp", time.time() + 1) < time.time():
            return FAULTS["PGRST303"]()
        return claims.get("role", "anon")

    def _select(self, request, query, role):
        rows = [] if self.row_level_security and role != "service_role" else list(self.orders.values())
        if "id" in query:
            wanted = selected(query["id"])
            rows = [row for row in rows if row["id"] in wanted]
        total = len(rows)
        rows = rows[: int(query.get("limit", total))]
        if "select" in query and query["select"] != "*":
            rows = [{name: row[name] for name in query["select"].split(",")} for row in rows]
        counted = total if "count=exact" in request.headers.get("prefer", "") else "*"
        shown = f"0-{len(rows) - 1}" if rows else "*"
        return json_answer(200, rows, {"Content-Range": f"{shown}/{counted}"})

    def _call(self, arguments, role):
        """As the seed's function: SECURITY DEFINER, so that it sees every row, for whoever knows the token."""
        if arguments.get("p_token") != self.rpc_token:
            return error(401 if role == "anon" else 403, "42501", "permission denied: the token does not fit")
        order = self.orders.get(arguments.get("p_order_id"))
        return json_answer(200, [{name: order[name] for name in ("user_id", "merchant_id")}] if order else [])


def selected(condition):
    """The values of `eq.x` or `in.(x,"y,z")`."""
    if condition.startswith("eq."):
        return {condition.removeprefix("eq.")}
    values, value, quoted, escaped = set(), "", False, False
    for letter in condition.removeprefix("in.(").removesuffix(")"):
        if escaped:
            value, escaped = value + letter, False
        elif letter == "\\" and quoted:
            escaped = True
        elif letter == '"':
            quoted = not quoted
        elif letter == "," and not quoted:
            values.add(value)
            value = ""
        else:
            value += letter
    return values | {value}
