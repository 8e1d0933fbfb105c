"""Getui REST v2, from its documented answers ("REST API V2": auth, push/single/cid, push/single/batch/cid, return codes).

What it does with one message of a batch that it refuses is not documented: see IN_BATCHES.
"""

import collections
import hashlib
import itertools
import json
import time

from harness.http_server import HttpServer, json_answer

Message = collections.namedtuple("Message", "cid request_id title body payload settings behaviour batch at")

TAKEN = {"online": "successed_online", "offline": "successed_offline", "ignored": "successed_ignore"}
# Answers to a whole call: HTTP status, code, msg. Source: the table of return codes.
REFUSED = {
    "cid_invalid": (400, 20001, "target user is invalid"),
    "parameter_invalid": (400, 20001, "push_message is invalid"),
    "token_invalid": (401, 10001, "token is invalid"),
    "auths_limited": (401, 10003, "too many auths a minute"),
    "throttled": (401, 10005, "too many calls a minute"),
    "quota": (403, 30009, "push total num over limit"),
}
# What becomes of a batch with a message that is refused: the answer names it, or leaves it out, or all are refused.
IN_BATCHES = ("named", "left_out", "all_refused")
AUTHS_A_MINUTE = 100
BATCH_LIMIT = 200


def refused(name):
    http_status, code, message = REFUSED[name]
    return json_answer(http_status, {"code": code, "msg": message})


class Getui(HttpServer):
    """`behave(cid, nth)` names what becomes of the nth message for that cid: a key of TAKEN or REFUSED, "error_500" or
    "hanging". A throttled, limited, failing or hanging message of a batch decides for the whole batch; `in_batches`
    says what another refused one does (IN_BATCHES)."""

    def __init__(self, app_id="app-1", app_key="key-1", master_secret="master-secret-1", behave=None,
                 in_batches="named"):
        assert in_batches in IN_BATCHES
        self.in_batches = in_batches
        self.app_id = app_id
        self.app_key = app_key
        self.master_secret = master_secret
        self.behave = behave or (lambda cid, nth: "online")
        self.token_seconds = 86400
        self.auths = []  # when; refused ones too
        self.bad_auths = []  # bodies whose sign does not fit
        self.messages = []
        self.calls = []  # messages in each push call
        self.shown = collections.defaultdict(list)  # by cid: (title, body)
        self.complaints = []
        self._tokens = {}  # when they expire
        self._taken = set()
        self._counts = collections.Counter()
        self._numbers = itertools.count(1)
        super().__init__()

    @property
    def base_url(self):
        return self.url + "/v2"

    def forget_tokens(self):
        """Every token is invalid from now on, whatever its expire_time said."""
        with self._changed:
            self._tokens.clear()

    def answer(self, request):
        prefix = f"/v2/{self.app_id}"
        if not request.path.startswith(prefix) or request.method != "POST":
            return json_answer(404, {"code": 404, "msg": "url error"})
        body = json.loads(request.body)
        what = request.path.removeprefix(prefix)
        if what == "/auth":
            return self._auth(body)
        if self._tokens.get(request.headers.get("token"), 0) < time.time():
            return refused("token_invalid")
        if what == "/push/single/cid":
            return self._push([body], request.at)
        if what == "/push/single/batch/cid":
            if not 0 < len(body["msg_list"]) <= BATCH_LIMIT:
                self.complaints.append(f"{len(body['msg_list'])} messages in a batch")
            return self._push(body["msg_list"], request.at, batch=True)
        return json_answer(404, {"code": 404, "msg": "url error"})

    def _auth(self, body):
        now = time.time()
        self.auths.append(now)
        if sum(at > now - 60 for at in self.auths) > AUTHS_A_MINUTE:
            return refused("auths_limited")
        timestamp = str(body.get("timestamp", ""))
        signed = (self.app_key + timestamp + self.master_secret).encode()
        is_right = (body.get("appkey") == self.app_key and len(timestamp) == 13
                    and abs(int(timestamp) / 1000 - now) < 600
                    and body.get("sign") == hashlib.sha256(signed).hexdigest())
        if not is_right:
            self.bad_auths.append(body)
            return json_answer(400, {"code": 20001, "msg": "sign is invalid"})
        token = f"token-{next(self._numbers)}"
        self._tokens[token] = now + self.token_seconds
        expire_time = str(int((now + self.token_seconds) * 1000))
        return json_answer(200, {"msg": "success", "code": 0, "data": {"expire_time": expire_time, "token": token}})

    def _push(self, bodies, at, batch=False):
        messages = [self._read(body, at, batch) for body in bodies]
        self.messages += messages
        self.calls.append(len(messages))
        for message in messages:
            if message.behaviour == "hanging":
                return "hang"
            if message.behaviour == "error_500":
                return 500, {}, b"internal error"
            if message.behaviour in ("token_invalid", "throttled", "quota"):
                return refused(message.behaviour)
            if message.behaviour in REFUSED and (len(messages) == 1 or self.in_batches == "all_refused"):
                return refused(message.behaviour)
        data = {}
        for message in messages:
            task = f"RASS_{next(self._numbers)}"
            if message.behaviour not in TAKEN:
                if self.in_batches == "named":
                    data[task] = {message.cid: REFUSED[message.behaviour][2]}
                continue
            data[task] = {message.cid: TAKEN[message.behaviour]}
            if message.behaviour != "ignored" and message.request_id not in self._taken:
                self._taken.add(message.request_id)
                self.shown[message.cid].append((message.title, message.body))
        return json_answer(200, {"code": 0, "msg": "success", "data": data})

    def _read(self, body, at, batch):
        cids = body["audience"]["cid"]
        if not isinstance(cids, list) or len(cids) != 1 or not cids[0]:
            self.complaints.append(f"audience {body['audience']}")
        if not 10 <= len(body["request_id"]) <= 32:
            self.complaints.append(f"request_id {body['request_id']!r}")
        notification = body["push_message"].get("notification", {})
        title, text = notification.get("title"), notification.get("body")
        if not title or not text:
            self.complaints.append(f"nothing to show: {body['push_message']}")
        cid = cids[0]
        self._counts[cid] += 1
        return Message(cid, body["request_id"], title, text, notification.get("payload"), body.get("settings"),
                       self.behave(cid, self._counts[cid]), batch, at)

    def describe(self):
        return f"have {len(self.messages)} messages in {len(self.calls)} calls, {len(self.auths)} auths"

    def shown_count(self):
        return sum(len(messages) for messages in self.shown.values())

    def wait_shown(self, count, timeout=60.0):
        self.wait(lambda each: each.shown_count() >= count, timeout, f"{count} messages on phones")
