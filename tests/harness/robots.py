"""DingTalk's, Feishu's and WeCom's robots, Alibaba Cloud's SMS and a plain webhook, by their documented answers.

Always 200, as the robots have it: the code in the body decides.
"""

import collections
import json
import time
import urllib.parse

from harness.http_server import HttpServer, json_answer

Call = collections.namedtuple("Call", "kind query headers json body at")

# Where each is, below the server's URL, and what it is told by.
PATHS = {"/robot/send": "dingtalk", "/open-apis/bot/v2/hook/": "feishu", "/cgi-bin/webhook/send": "wecom", "/sms": "sms",
         "/hook": "webhook"}
SUCCESS = {
    "dingtalk": {"errcode": 0, "errmsg": "ok"},
    "feishu": {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"},
    "wecom": {"errcode": 0, "errmsg": "ok"},
    "sms": {"Code": "OK", "Message": "OK", "BizId": "1^0", "RequestId": "R-1"},
    "webhook": {},
}
# Who sends too much hears this, and has it to wait out.
THROTTLED = {
    "dingtalk": {"errcode": 130101, "errmsg": "send too fast, exceed 20 times per minute"},
    "feishu": {"code": 11232, "data": {}, "msg": "frequency limited psm[lark.oapi.app_platform_runtime]appID[1500]"},
    "wecom": {"errcode": 45009, "errmsg": "api freq out of limit"},
    "sms": {"Code": "isv.BUSINESS_LIMIT_CONTROL", "Message": "触发分钟级流控Permits:1", "RequestId": "R-2"},
}
REFUSED = {
    "dingtalk": {"errcode": 310000, "errmsg": "description:机器人发送签名不匹配;solution:请确认签名和生成签名的时间戳必须都放在调用的网址中"},
    "feishu": {"code": 19021, "data": {}, "msg": "sign match fail or timestamp is not within one hour from current time"},
    "wecom": {"errcode": 93000, "errmsg": "invalid webhook url, hint: [1]"},
    "sms": {"Code": "isv.SMS_SIGNATURE_ILLEGAL", "Message": "该账号下找不到对应签名", "RequestId": "R-3"},
}


class Robots(HttpServer):
    """`behave(kind, nth)` gives the answer to the nth call of that kind: "success", "throttled", "refused", "echo" (a
    refusal that repeats the whole request), or what HttpServer.answer() may say. `mute` = (calls, seconds): more than so
    many calls in so long and the DingTalk robot is muted for good."""

    def __init__(self, behave=None, mute=None):
        self.behave = behave or (lambda kind, nth: "success")
        self.mute = mute
        self.muted = False
        self.calls = []
        super().__init__()

    def of(self, kind):
        return [call for call in self.calls if call.kind == kind]

    def answer(self, request):
        path, _, query = request.path.partition("?")
        kind = next((kind for prefix, kind in PATHS.items() if path.startswith(prefix)), None)
        if kind is None:
            return 404
        body = json.loads(request.body) if request.body else None
        self.calls.append(Call(kind, dict(urllib.parse.parse_qsl(query)), request.headers, body, request.body,
                               time.monotonic()))
        if self._is_muted(kind):
            return json_answer(200, THROTTLED[kind])
        said = self.behave(kind, len(self.of(kind)))
        if said == "echo":
            repeated = f"{request.path} {urllib.parse.unquote(request.path)} {request.headers} {request.body.decode()}"
            return json_answer(200, {**REFUSED[kind], "errmsg": repeated, "msg": repeated, "Message": repeated})
        documents = {"success": SUCCESS, "throttled": THROTTLED, "refused": REFUSED}
        return json_answer(200, documents[said][kind]) if isinstance(said, str) and said in documents else said

    def _is_muted(self, kind):
        if self.mute is None or kind != "dingtalk":
            return False
        limit, seconds = self.mute
        now = time.monotonic()
        self.muted = self.muted or sum(call.at > now - seconds for call in self.of(kind)) > limit
        return self.muted

    def describe(self):
        return f"have {collections.Counter(call.kind for call in self.calls)}"

    def wait_calls(self, kind, count, timeout=60.0):
        self.wait(lambda each: len(each.of(kind)) >= count, timeout, f"{count} calls of {kind}")
        return self.of(kind)
