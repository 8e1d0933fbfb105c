"""What the sources' senders send: bodies and signatures as their documentation has them, made without any of our code."""

import base64
import collections
import hashlib
import hmac
import json
import urllib.parse

Notice = collections.namedtuple("Notice", "path headers body")

WXPAY_SUCCESS = b"<xml><return_code><![CDATA[SUCCESS]]></return_code><return_msg><![CDATA[OK]]></return_msg></xml>"


def _hex_hmac(secret, text):
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def code_host(account, secret, delivery, event_type, document):
    """As a source of the kind `hmac` takes it that is set up like a code host: HUB_SOURCE."""
    body = json.dumps(document).encode()
    headers = {
        "X-Hub-Signature-256": "sha256=" + _hex_hmac(secret, body),
        "X-Delivery": delivery,
        "X-Event": event_type,
        "Content-Type": "application/json",
    }
    return Notice(f"/in/{account}", headers, body)


def hub_source(secret):
    """The table of a source that takes code_host()."""
    return f"""
[sources.hub]
kind = "hmac"
secret = "{secret}"
signature_header = "X-Hub-Signature-256"
hmac_prefix = "sha256="
idempotency_header = "X-Delivery"
event_type_header = "X-Event"
"""


def wxpay_v2(account, key, out_trade_no, total_fee, transaction_id, mch_id="1900000109"):
    """WeChat Pay v2: a payment succeeded. The sign is the upper-case hex MD5 of the sorted fields and the API key."""
    fields = {
        "appid": "wxd930ea5d5a258f4f",
        "bank_type": "CFT",
        "cash_fee": str(total_fee),
        "fee_type": "CNY",
        "is_subscribe": "Y",
        "mch_id": mch_id,
        "nonce_str": "5d2b6c2a8db53831f7eda20af46e531c",
        "openid": "oUpF8uMEb4qRXf22hE3X68TekukE",
        "out_trade_no": out_trade_no,
        "result_code": "SUCCESS",
        "return_code": "SUCCESS",
        "time_end": "20140903131540",
        "total_fee": str(total_fee),
        "trade_type": "JSAPI",
        "transaction_id": transaction_id,
    }
    text = "&".join(f"{name}={fields[name]}" for name in sorted(fields)) + "&key=" + key
    fields["sign"] = hashlib.md5(text.encode()).hexdigest().upper()
    body = "<xml>" + "".join(f"<{name}><![CDATA[{value}]]></{name}>" for name, value in fields.items()) + "</xml>"
    return Notice(f"/notify/wxpay/{account}", {"Content-Type": "text/xml"}, body.encode())


def platform_message(platform, secret, timestamp, message_id, content):
    """The platform ingress: X-CS-Signature over the timestamp and the body."""
    body = json.dumps({"message_id": message_id, "channel": "web", "open_id": "o-1", "content": content}).encode()
    headers = {
        "X-CS-Timestamp": str(timestamp),
        "X-CS-Signature": _hex_hmac(secret, f"{timestamp}.".encode() + body),
        "Content-Type": "application/json",
    }
    return Notice(f"/api/v1/customer-service/platforms/{platform}/webhook", headers, body)


def express_status(secret, tracking_no, status_code, event_time, **fields):
    """The logistics receiver of the seed: X-Signature over the body. `fields`: event_text, location, event_id…"""
    document = {"tracking_no": tracking_no, "status_code": status_code, "event_time": event_time, **fields}
    body = json.dumps(document, ensure_ascii=False).encode()
    headers = {"X-Signature": _hex_hmac(secret, body), "Content-Type": "application/json"}
    return Notice("/webhook/express/status", headers, body)


def kuaidi100(account, salt, tracking_no, state, steps, status="polling"):
    """kuaidi100's push: the whole list each time, newest first. `steps`: (time, statusCode, context)."""
    data = [{"context": context, "time": time, "ftime": time, "status": "", "statusCode": code, "areaCode": "",
             "areaName": "", "location": ""} for time, code, context in steps]
    param = json.dumps({"status": status, "billstatus": "got", "message": "", "lastResult": {
        "message": "ok", "state": state, "status": "200", "ischeck": "0", "com": "yuantong", "nu": tracking_no,
        "data": data}}, ensure_ascii=False)
    sign = hashlib.md5((param + salt).encode()).hexdigest().upper()
    body = urllib.parse.urlencode({"sign": sign, "param": param}).encode()
    return Notice(f"/in/{account}", {"Content-Type": "application/x-www-form-urlencoded"}, body)


def kdniao(account, api_key, parcels, business_id="1237100"):
    """Kdniao's push of traces. `parcels`: {tracking_no: (State, StateEx, [(AcceptTime, Action, AcceptStation)])}."""
    data = [{"EBusinessID": business_id, "OrderCode": "", "ShipperCode": "YTO", "LogisticCode": number, "Success": True,
             "Reason": "", "State": state, "StateEx": state_ex, "Traces": [
                 {"AcceptTime": time, "Action": action, "AcceptStation": station, "Location": ""}
                 for time, action, station in traces]}
            for number, (state, state_ex, traces) in parcels.items()]
    request = json.dumps({"EBusinessID": business_id, "PushTime": "2026-02-06 16:30:00", "Count": str(len(data)),
                          "Data": data}, ensure_ascii=False)
    sign = base64.b64encode(hashlib.md5((request + api_key).encode()).hexdigest().encode()).decode()
    body = urllib.parse.urlencode({"RequestData": request, "RequestType": "101", "DataSign": sign}).encode()
    return Notice(f"/in/{account}", {"Content-Type": "application/x-www-form-urlencoded"}, body)
