"""The push half takes on another configuration: tokens of the channel and of the clients, texts, the channel itself."""

from harness.cloud_function import CloudFunction
from harness.json_web_token import make_token
from harness.parcels import EXPRESS_SECRET, add_parcel, carrier_says, on_push_server, wait_notifications
from harness.service import eventually

JWT_SECRETS = ("first-jwt-secret-with-at-least-32-characters", "second-jwt-secret-with-at-least-32-characters")


class PushConfiguration:
    def __init__(self, tmp_path):
        self.folder = tmp_path / "configuration"
        self.folder.mkdir()
        self.file = self.folder / "yizhan.toml"

    def write(self, cloud, token, jwt_secret, more="", retry_ms=0):
        (self.folder / "token").write_text(token + "\n")
        (self.folder / "jwt").write_text(jwt_secret + "\n")
        self.file.write_text(f"""
[push]
cloud_function_url = "{cloud.url}/push"
token_file = "{self.folder}/token"
jwt_secret_file = "{self.folder}/jwt"
retry_initial_ms = {retry_ms}
retry_max_ms = {retry_ms}
{more}
[sources.express]
secret = "{EXPRESS_SECRET}"
""")
        return self


def register(service, secret, cid, user_id):
    headers = {"apikey": make_token(secret, "anon")}
    return on_push_server(service, "POST", "/api/v1/push/register", {"cid": cid, "user_id": user_id}, headers).status


def test_tokens_texts_and_the_channel_are_replaced(start, tmp_path):
    first, second = CloudFunction(token="token-1"), CloudFunction(token="token-3")
    configuration = PushConfiguration(tmp_path).write(first, "token-1", JWT_SECRETS[0])
    service = start(settings={"YIZHAN_CONFIG": str(configuration.file)})
    assert register(service, JWT_SECRETS[0], "cid-1", "u-1") == 200
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:30:00Z")
    first.wait_shown(1)
    wait_notifications(service, "success")

    # The token and the clients' secret, read again from their files; and a text.
    first.token = "token-2"
    configuration.write(first, "token-2", JWT_SECRETS[1],
                        '[[notify_templates]]\nstatus = "OUT_FOR_DELIVERY"\ntitle = "Today"\n')
    told = service.command("reload").stdout
    assert "push.token" in told and "push.jwt_secret" in told and "notify_templates.1" in told, told
    assert register(service, JWT_SECRETS[0], "cid-1", "u-1") == 401
    assert register(service, JWT_SECRETS[1], "cid-1", "u-1") == 200
    carrier_says(service, "YT1", "OUT_FOR_DELIVERY", "2026-02-07T08:30:00Z")
    first.wait_shown(2)
    assert [shown.title for shown in first.shown["cid-1"]][-1] == "Today"
    assert {call.behaviour for call in first.calls} == {"online"}, "no call had the wrong token"

    # Another channel: deliveries go there.
    configuration.write(second, "token-3", JWT_SECRETS[1])
    service.command("reload")
    carrier_says(service, "YT1", "DELIVERED", "2026-02-08T08:30:00Z")
    second.wait_shown(1)
    wait_notifications(service, "success", "success", "success")
    assert first.shown_count() == 2
    for cloud in (first, second):
        cloud.check_clean()


def test_deliveries_that_wait_go_to_the_new_channel(start, tmp_path):
    failing, working = CloudFunction(lambda cid, nth: "error_500"), CloudFunction()
    # A hundred retries, one a second: they are not over when the other channel comes.
    configuration = PushConfiguration(tmp_path).write(failing, "t", JWT_SECRETS[0], "max_retries = 100", retry_ms=1000)
    service = start(settings={"YIZHAN_CONFIG": str(configuration.file)})
    assert register(service, JWT_SECRETS[0], "cid-1", "u-1") == 200
    add_parcel(service, "YT1", "u-1")
    carrier_says(service, "YT1", "IN_TRANSIT", "2026-02-06T08:30:00Z")
    eventually(lambda: failing.calls, what="the first attempt")
    configuration.write(working, "t", JWT_SECRETS[0], "max_retries = 100", retry_ms=1000)
    service.command("reload")
    working.wait_shown(1)
    wait_notifications(service, "success")
    assert working.shown_count() == 1
