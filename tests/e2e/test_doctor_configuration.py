"""`yizhan doctor` and what is configured: what a start would refuse, certificates that end, clocks that differ."""

import datetime
import email.utils
import subprocess

import pytest

from harness.doctor import examine
from harness.ports import free_port
from harness.sink import Sink


def certificate(directory, name, days):
    """A self-signed certificate that ends in so many days, and its key."""
    key, file = directory / f"{name}.key", directory / f"{name}.pem"
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=100)
    ends = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=days)
    config = directory / f"{name}.cnf"
    config.write_text("[ca]\ndefault_ca = ours\n[ours]\nnew_certs_dir = .\ndatabase = index.txt\nserial = serial\n"
                      "default_md = sha256\npolicy = any\n[any]\ncommonName = supplied\n")
    (directory / "index.txt").write_text("")
    (directory / "serial").write_text("01")
    request = directory / f"{name}.csr"

    def openssl(*arguments):
        subprocess.run(["openssl", *arguments], cwd=directory, check=True, capture_output=True)

    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", request, "-subj", f"/CN={name}.example")
    openssl("ca", "-batch", "-selfsign", "-config", config, "-keyfile", key, "-in", request, "-out", file, "-notext",
            "-startdate", begins.strftime("%Y%m%d%H%M%SZ"), "-enddate", ends.strftime("%Y%m%d%H%M%SZ"))
    return file, key


def test_certificates(sqlite_service, tmp_path):
    listener, key = certificate(tmp_path, "listener", 3)
    authority, _ = certificate(tmp_path, "authority", -2)
    good, _ = certificate(tmp_path, "good", 300)
    service = sqlite_service(config=f'[api]\ncertificate_file = "{listener}"\nkey_file = "{key}"\n',
                             crm={"base_url": "https://crm.example", "ca_file": authority},
                             erp={"base_url": "https://erp.example", "ca_file": good},
                             gone={"base_url": "https://gone.example", "ca_file": tmp_path / "gone.pem"})
    found = examine(service, "certificates")
    assert found.codes == ["certificate_expired", "certificate_unreadable", "certificate_expires_soon"]
    assert found.one("certificate_expired")["subject"] == "platforms.crm.ca_file"
    assert "CN=authority.example" in found.one("certificate_expired")["evidence"]
    assert found.one("certificate_expired")["weight"] == found.one("certificate_unreadable")["weight"] == "trouble"
    assert found.one("certificate_unreadable")["subject"] == "platforms.gone.ca_file"
    assert str(tmp_path / "gone.pem") in found.one("certificate_unreadable")["evidence"]
    soon = found.one("certificate_expires_soon")
    assert soon["subject"] == "api.certificate_file" and "in 2 d" in soon["evidence"]
    assert soon["weight"] == "warning"


def test_what_a_start_would_refuse(sqlite_service, tmp_path):
    service = sqlite_service(settings={"YIZHAN_RECEIVE_LISTEN": f"0.0.0.0:{free_port()}"},
                             config='[sources.wxpay]\nkind = "wxpay"\n[sources.hub]\nkind = "hmac"\n')
    service.command("migrate")
    found = examine(service, "configuration")
    assert found.codes[0] == "configuration_invalid" or found.codes[0] == "credentials_required", found.findings
    assert found.status == 1
    service = sqlite_service(settings={"YIZHAN_API_LISTEN": f"0.0.0.0:{free_port()}"})
    finding = examine(service, "configuration").one("credentials_required")
    assert "yizhan keys create" in finding["mend"]
    service.command("keys", "create", "operator")
    assert examine(service, "configuration").codes == []


def test_a_configuration_that_cannot_be_read(sqlite_service):
    service = sqlite_service(config="[outbound]\nallow = 7\n")
    found = examine(service)
    assert found.codes == ["configuration_invalid"]
    assert "outbound.allow" in found.one("configuration_invalid")["evidence"]
    assert found.status == 1
    assert len(found.skipped) == 11, "each check says that it was skipped"


def test_secrets_that_are_missing(sqlite_service):
    """Both are allowed: the source is served on loopback only, and callbacks go out without a signature."""
    service = sqlite_service(config='[sources.express]\n[platforms.crm]\nbase_url = "https://crm.example"\n'
                                    '[platforms.erp]\nbase_url = "https://erp.example"\nsigning = "none"\n')
    found = examine(service, "configuration")
    missing = {each["subject"]: each for each in found.findings if each["code"] == "secret_missing"}
    assert set(missing) == {"sources.express", "platforms.crm"}, found.findings
    assert {each["weight"] for each in missing.values()} == {"trouble"}
    assert "loopback only" in missing["sources.express"]["evidence"]
    assert "sources.express.secret" in missing["sources.express"]["mend"]
    assert "platforms.crm.secret" in missing["platforms.crm"]["mend"]


def test_what_is_allowed_and_hardly_meant(sqlite_service):
    service = sqlite_service(config='[sources.express]\nsecret = "known-to-all"\nreject_invalid_signature = false\n')
    file = service.directory / "yizhan.toml"
    file.chmod(0o644)
    found = examine(service, "configuration")
    assert found.codes == ["configuration_doubtful", "configuration_doubtful"], found.findings
    let_through, readable = (each["evidence"] for each in found.findings)
    assert "sources.express.reject_invalid_signature" in let_through and "let through" in let_through
    assert "every user of this machine can read it" in readable and "chmod o-r ./yizhan.toml" in readable
    assert {each["weight"] for each in found.findings} == {"warning"}
    assert "yizhan config show" in found.findings[0]["mend"]
    file.chmod(0o600)
    file.write_text('[sources.express]\nsecret = "known-to-all"\nreject_invalid_signature = true\n')
    assert examine(service, "configuration").codes == []


@pytest.mark.parametrize("seconds, codes", [(0, []), (-60, ["clock_differs"]), (3600, ["clock_wrong"])])
def test_clocks_that_differ(sqlite_service, seconds, codes):
    def answer(callback, count):
        said = datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=seconds)
        return 405, {"Date": email.utils.format_datetime(said.replace(microsecond=0), usegmt=True)}, b""

    sink = Sink(answer)
    service = sqlite_service(crm={"base_url": sink.url}, off={"base_url": sink.url, "enabled": "false"})
    assert examine(service, "clock").codes == []
    assert not sink.callbacks, "nobody is asked unless it was wished for"
    found = examine(service, "clock", "--probe")
    assert found.codes == codes
    assert [each.method for each in sink.callbacks] == ["HEAD"]
    if codes:
        assert found.one(codes[0])["subject"] == "crm"
        assert "timedatectl" in found.one(codes[0])["mend"]


@pytest.mark.parametrize("status, codes", [(0x40, ["clock_unsynchronised"]), (0x01, [])])
def test_what_the_kernel_knows_of_its_clock(sqlite_service, status, codes):
    """STA_UNSYNC of clock_adjtime(2): the status is the sixth word of eight bytes."""
    answer = bytes(40) + status.to_bytes(4, "little")
    found = examine(sqlite_service(), "clock", injection=f"clock_adjtime:poke_exit=@arg2={answer.hex()}")
    assert [each["code"] for each in found.findings] == codes
    assert found.status == 0, "worth knowing, nothing is wrong"
    if codes:
        assert found.one("clock_unsynchronised")["weight"] == "note"
        assert "timedatectl" in found.one("clock_unsynchronised")["mend"]
