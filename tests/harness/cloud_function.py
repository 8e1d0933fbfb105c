"""The cloud function that stands between us and uni-push, and the phones behind it.

One POST a device: {token, push_clientid, title, content, payload, request_id}. Answers are those of uni-push 2.0,
"sendMessage": errCode 0 with data {taskid: {cid: successed_online | successed_offline | successed_ignore}}, else an
errCode of its table of return codes (`uni-cloud-push-error-…`). A request_id that was seen is dropped: the message is
lost, the answer is a success all the same. A call without push_clientid would be shown on every phone.
"""

import collections
import itertools
import json

from harness.http_server import HttpServer, json_answer

Call = collections.namedtuple("Call", "cid request_id title content payload behaviour at")
Shown = collections.namedtuple("Shown", "request_id title content payload")


def success(status, cid, task):
    return json_answer(200, {"errCode": 0, "errMsg": "", "data": {task: {cid: status}}})


def failure(code, message, http_status=200):
    return json_answer(http_status, {"errCode": code, "errMsg": message})


# What the push service does with a call, by the name that `behave` gives it: whether the phone shows it, and the answer.
BEHAVIOURS = {
    "online": (True, lambda cid, task: success("successed_online", cid, task)),
    "offline": (True, lambda cid, task: success("successed_offline", cid, task)),
    "ignored": (False, lambda cid, task: success("successed_ignore", cid, task)),
    "cid_invalid": (False, lambda cid, task: failure("uni-cloud-push-error-20001", "target user is invalid")),
    "parameter_invalid": (False, lambda cid, task: failure("uni-cloud-push-error-20001", "request_id is invalid")),
    "token_wrong": (False, lambda cid, task: failure(401, "token invalid")),
    "token_wrong_401": (False, lambda cid, task: failure(401, "token invalid", 401)),
    "throttled": (False, lambda cid, task: failure("uni-cloud-push-error-10005", "每分钟调用频率超限")),
    "throttled_429": (False, lambda cid, task: (429, {"Retry-After": "1"}, b"")),
    "failing": (False, lambda cid, task: failure("uni-cloud-push-error-1", "失败")),
    "error_500": (False, lambda cid, task: (500, {}, b"function execution error")),
    "not_json": (False, lambda cid, task: (200, {"Content-Type": "text/html"}, b"<html>welcome</html>")),
    "hanging": (False, lambda cid, task: "hang"),
    "shown_then_hanging": (True, lambda cid, task: "hang"),
    "shown_then_closed": (True, lambda cid, task: "close"),
}


class CloudFunction(HttpServer):
    """`behave(cid, nth)` names what becomes of the nth call for that cid (BEHAVIOURS); without it, all are online."""

    def __init__(self, behave=None, token=""):
        self.behave = behave or (lambda cid, nth: "online")
        self.token = token
        self.calls = []
        self.shown = collections.defaultdict(list)  # by cid: what the phone showed
        self.broadcasts = []  # bodies of calls without a cid
        self.complaints = []  # what a phone or the service would not take
        self._taken = set()  # request ids
        self._counts = collections.Counter()
        self._tasks = itertools.count(1)
        super().__init__()

    def answer(self, request):
        body = json.loads(request.body)
        cid = body.get("push_clientid")
        if not cid or not isinstance(cid, str):
            self.broadcasts.append(body)
            return failure(1, "this call would have been a broadcast", 400)
        payload = body.get("payload")
        self._judge(body, payload)
        self._counts[cid] += 1
        behaviour = self.behave(cid, self._counts[cid])
        if self.token and body.get("token") != self.token:
            behaviour = "token_wrong"
        request_id = body.get("request_id")
        self.calls.append(Call(cid, request_id, body.get("title"), body.get("content"), payload, behaviour, request.at))
        is_shown, make_answer = BEHAVIOURS[behaviour]
        if is_shown and request_id not in self._taken:
            self._taken.add(request_id)
            self.shown[cid].append(Shown(request_id, body.get("title"), body.get("content"), payload))
        return make_answer(cid, f"RASS_{next(self._tasks)}")

    def _judge(self, body, payload):
        """uni-push 2.0, "sendMessage", parameters; and phones show nothing that is empty."""
        payload_text = payload if isinstance(payload, str) else json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
        limits = {"title": (body.get("title"), 1, 20), "content": (body.get("content"), 1, 50),
                  "payload": (payload_text, 0, 800), "request_id": (body.get("request_id"), 10, 33)}
        for name, (text, least, limit) in limits.items():
            # As JavaScript counts, in units of UTF-16.
            if not isinstance(text, str) or not least <= len(text.encode("utf-16-le")) // 2 < limit:
                self.complaints.append(f"{name} of {text!r}")

    def describe(self):
        last = ", ".join(f"{call.cid}: {call.behaviour}" for call in self.calls[-5:])
        return f"have {len(self.calls)} calls, the last are {last or 'none'}"

    def of_device(self, cid):
        with self._changed:
            return [call for call in self.calls if call.cid == cid]

    def wait_shown(self, count, timeout=60.0):
        """Until so many messages were shown, on all phones together."""
        self.wait(lambda each: each.shown_count() >= count, timeout, f"{count} messages on phones")

    def shown_count(self):
        return sum(len(messages) for messages in self.shown.values())

    def check_clean(self):
        """No broadcast, nothing that a phone would not show, and one request id for each message on each device."""
        assert not self.broadcasts, self.broadcasts
        assert not self.complaints, self.complaints[:5]
        devices = collections.defaultdict(set)
        for call in self.calls:
            devices[call.request_id].add(call.cid)
        shared = {request_id: cids for request_id, cids in devices.items() if len(cids) != 1}
        assert not shared, f"request ids used for several devices: {shared}"
