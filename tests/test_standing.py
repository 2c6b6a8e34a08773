"""What `check --dns` makes of the records of a domain, asked of a real name server."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from smtpd import Faults, Smtpd, certificate

import pytest

from desk import Desk
from nameserver import Nameserver, Zone
from publisher.deliver import names, trial
from publisher.delivering.standing import Ask, Standing, dkim, dmarc, mail_exchange, reverse_name, spf
from publisher.errors import UsageError

DOMAIN = "zendoric.example"
SENDER = "192.0.2.25"
KEY = "v=DKIM1; k=rsa; p=MIIBIjANBgkq"


def txt(*values: str) -> list[str]:
    return [f'"{value}"' for value in values]


@contextmanager
def asking(zone: Zone, *failing: str) -> Iterator[Ask]:
    with Nameserver(zone, failing=frozenset(failing)) as server:
        yield names.asking(server.address)


def spf_of(zone: Zone, *failing: str, senders: tuple[str, ...] = (SENDER,)) -> Standing:
    with asking(zone, *failing) as ask:
        return spf(ask, domain=DOMAIN, senders=senders, relay="smtp.example.net")


@pytest.mark.parametrize(
    "record",
    [
        "v=spf1 ip4:192.0.2.0/24 -all",
        "v=spf1 a:mail.zendoric.example ~all",
        "v=spf1 mx -all",
        "v=spf1 mx/24 -all",
        "v=spf1 -ip4:198.51.100.1 include:service.example -all",
        "v=spf1 redirect=service.example",
    ],
)
def test_spf_is_good_when_the_senders_address_passes_in_any_of_its_ways(record: str):
    zone = {
        (DOMAIN, "TXT"): txt("google-site-verification=1", record),
        (DOMAIN, "MX"): ["10 mail.zendoric.example."],
        ("mail.zendoric.example", "A"): [SENDER],
        ("service.example", "TXT"): txt("v=spf1 ip4:192.0.2.25 -all"),
    }
    found = spf_of(zone)
    assert (found.verdict, found.advice) == ("good", "")
    assert found.found == record


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        ("v=spf1 ip4:198.51.100.0/24 -all", "weak", "does not cover 192.0.2.25"),
        ("v=spf1 ip4:192.0.2.25", "weak", "letting everybody send"),
        ("v=spf1 ip4:192.0.2.25 +all", "weak", "letting everybody send"),
        ("v=spf1 ipv4:192.0.2.25 -all", "bad", "`ipv4:192.0.2.25` is no mechanism"),
        ("v=spf1 ip4:192.0.2.x -all", "bad", "`192.0.2.x` is no network"),
        ("v=spf1 include:gone.example -all", "bad", "names gone.example, which has no SPF record"),
        ("v=spf1 a:n1.example a:n2.example a:n3.example -all", "bad", "More than 2 of its names lead nowhere"),
        ("v=spf1 include:self.example -all", "bad", "more than 10 look-ups"),
    ],
)
def test_spf_says_what_is_wrong_with_a_record(record: str, verdict: str, words: str):
    zone = {(DOMAIN, "TXT"): txt(record), ("self.example", "TXT"): txt("v=spf1 include:self.example -all")}
    found = spf_of(zone)
    assert found.verdict == verdict
    assert words in found.advice


def test_two_spf_records_count_as_none_and_no_record_is_answered_with_one_to_copy():
    assert "several SPF records" in spf_of({(DOMAIN, "TXT"): txt("v=spf1 -all", "v=spf1 mx -all")}).advice
    assert 'zendoric.example. IN TXT "v=spf1 ip4:192.0.2.25 -all"' in spf_of({}).advice


def test_a_name_server_that_fails_makes_nothing_bad():
    assert spf_of({}, DOMAIN).verdict == "unknown"
    zone = {(DOMAIN, "TXT"): txt("v=spf1 include:away.example -all")}
    assert spf_of(zone, "away.example").verdict == "unknown"


def dkim_of(*records: str) -> Standing:
    where = f"s2026._domainkey.{DOMAIN}"
    zone = {(where, "TXT"): [*records]} if records else {}
    with asking(zone) as ask:
        return dkim(ask, domain=DOMAIN, selector="s2026", expected=KEY, line=f'{where}. IN TXT ( "{KEY}" )')


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        ('"v=DKIM1; k=rsa; " "p=MIIB" "IjANBgkq"', "good", ""),
        ('"p=MIIBIjANBgkq"', "good", ""),
        ('"v=DKIM1; p=MIIBIjANB gkq; t=s"', "good", ""),
        ('"v=DKIM1; k=rsa; p=MIIBother"', "bad", "of another key"),
        ('"v=DKIM1; p="', "bad", "revoked"),
        ('"v=DKIM1; t=y; p=MIIBIjANBgkq"', "weak", "only trying"),
    ],
)
def test_dkim_compares_the_key_and_not_the_way_it_is_written(record: str, verdict: str, words: str):
    found = dkim_of(record)
    assert found.verdict == verdict
    assert words in found.advice


def test_a_missing_or_doubled_dkim_record_is_bad_and_the_line_to_publish_is_printed():
    assert f'IN TXT ( "{KEY}" )' in dkim_of().advice
    assert "several records" in dkim_of(f'"{KEY}"', '"v=DKIM1; p=old"').advice


def dmarc_of(
    zone: Zone, *, domain: str = DOMAIN, signed: tuple[str, ...] = (DOMAIN,), envelope: str = DOMAIN
) -> Standing:
    with asking(zone) as ask:
        return dmarc(ask, domain=domain, signed=signed, envelope=envelope)


@pytest.mark.parametrize(
    ("record", "verdict", "words"),
    [
        ("v=DMARC1; p=reject; rua=mailto:d@zendoric.example", "good", ""),
        ("v=DMARC1;p=quarantine", "good", "no rua="),
        ("v=DMARC1; p=none; rua=mailto:d@zendoric.example", "weak", "only watches"),
        ("v=DMARC1; p=discard", "bad", "p= has to be"),
        ("v=DMARC2; p=none", "bad", "without DMARC"),
    ],
)
def test_dmarc_is_judged_by_its_policy(record: str, verdict: str, words: str):
    found = dmarc_of({(f"_dmarc.{DOMAIN}", "TXT"): txt(record)})
    assert found.verdict == verdict
    assert words in found.advice


def test_dmarc_of_a_subdomain_is_found_at_its_parent_whose_sp_counts():
    zone = {(f"_dmarc.{DOMAIN}", "TXT"): txt("v=DMARC1; p=reject; sp=none")}
    found = dmarc_of(zone, domain=f"news.{DOMAIN}")
    assert (found.where, found.verdict) == (f"_dmarc.{DOMAIN}", "weak")


@pytest.mark.parametrize(
    ("mode", "signed", "envelope", "aligned"),
    [
        ("adkim=r", f"mail.{DOMAIN}", "service.example", True),
        ("adkim=s; aspf=s", f"mail.{DOMAIN}", "service.example", False),
        ("aspf=r", "service.example", f"bounces.{DOMAIN}", True),
        ("aspf=s", "service.example", f"bounces.{DOMAIN}", False),
        ("adkim=r", "notzendoric.example", "service.example", False),
    ],
)
def test_dmarc_needs_a_signature_or_a_return_path_that_is_aligned(
    mode: str, signed: str, envelope: str, *, aligned: bool
):
    zone = {(f"_dmarc.{DOMAIN}", "TXT"): txt(f"v=DMARC1; p=reject; {mode}")}
    assert (dmarc_of(zone, signed=(signed,), envelope=envelope).verdict == "good") is aligned


def test_an_address_needs_a_name_that_leads_back_to_it():
    zone = {
        ("25.2.0.192.in-addr.arpa", "PTR"): ["mail.zendoric.example."],
        ("26.2.0.192.in-addr.arpa", "PTR"): ["mail.zendoric.example."],
        ("mail.zendoric.example", "A"): [SENDER],
    }
    with asking(zone) as ask:
        assert reverse_name(ask, SENDER).verdict == "good"
        stray, nameless = reverse_name(ask, "192.0.2.26"), reverse_name(ask, "192.0.2.27")
    assert (stray.verdict, nameless.verdict) == ("bad", "bad")
    assert "does not lead back" in stray.found


def test_a_domain_that_takes_no_mail_gets_no_bounces():
    with asking({(DOMAIN, "MX"): ["0 ."], ("good.example", "MX"): ["10 mx.good.example."]}) as ask:
        assert mail_exchange(ask, DOMAIN).verdict == "bad"
        assert mail_exchange(ask, "good.example").verdict == "good"
        assert mail_exchange(ask, "nothing.example").verdict == "bad"
    with asking({(DOMAIN, "A"): [SENDER]}) as ask:
        assert mail_exchange(ask, DOMAIN).verdict == "weak"


def test_a_name_server_is_an_address():
    with pytest.raises(UsageError, match="--nameserver takes an address"):
        names.asking("dns.example")


# One-click -----------------------------------------------------------------------------------------------------------


@contextmanager
def web_server(status: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    asked: list[tuple[str, bytes]] = []

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/", asked
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    ("status", "verdict"),
    [
        (200, "works"),
        (204, "works"),
        (301, "silent"),
        (403, "silent"),
        (404, "broken"),
        (410, "broken"),
        (502, "broken"),
    ],
)
def test_one_click_is_posted_to_as_a_mail_service_does(status: int, verdict: str):
    with web_server(status) as (url, asked):
        assert trial.one_click(url + "u/TOKEN").verdict == verdict
    assert asked == [("/u/TOKEN", b"List-Unsubscribe=One-Click")]


def test_an_address_that_nobody_answers_at_is_no_proof_of_anything():
    with web_server(200) as (url, _):
        pass
    assert trial.one_click(url + "u/TOKEN", seconds=2).verdict == "silent"


def test_a_certificate_that_nobody_signed_is_broken(tmp_path: Path):
    server = HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    server.socket = certificate(tmp_path)[0].wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.handle_request, daemon=True).start()
    found = trial.one_click(f"https://localhost:{server.server_port}/u/TOKEN", seconds=5)
    server.server_close()
    assert found.verdict == "broken"
    assert "certificate" in found.words


def published_at(desk: Desk, url: str, relay: Smtpd) -> None:
    desk.configure("https://zendoric.example/", url)
    desk.configure('timezone = "Europe/Madrid"', 'timezone = "Europe/Madrid"\nweb.service = true')
    desk.configure(
        'transport = "maildir:outbox"',
        f'transport = "smtp"\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {relay.port}\ntls = "none"',
    )
    desk.article("one", "2026-06-25T08:00:00+02:00")


def test_no_digest_goes_out_that_its_readers_could_not_leave(desk: Desk):
    with Smtpd() as relay, web_server(404) as (url, asked):
        published_at(desk, url, relay)
        held = desk.run()
        assert "readers could not leave by one click" in held["held"]
        assert "it answers 404" in held["held"]
        assert not relay.taken
        desk.publisher("approve")
        assert desk.run()["accepted"] == 2
    assert asked[0][1] == b"List-Unsubscribe=One-Click"


def test_a_digest_that_was_held_goes_when_its_readers_can_leave(desk: Desk):
    with Smtpd() as relay, web_server(502) as (broken, _), web_server(200) as (mended, _):
        published_at(desk, broken, relay)
        assert desk.run()["held"]
        desk.configure(broken, mended)
        assert desk.run()["accepted"] == 2


def test_an_address_that_does_not_answer_only_warns(desk: Desk):
    with web_server(200) as (url, _):
        pass
    with Smtpd() as relay:
        published_at(desk, url, relay)
        told = desk.run()
    assert told["accepted"] == 2
    assert any("it does not answer" in note for note in told["notes"])


# The command ---------------------------------------------------------------------------------------------------------


def test_check_dns_prints_record_expected_and_found_and_tries_the_relay(desk: Desk):
    desk.publisher("dkim")
    with Smtpd(Faults(greeting="554 not today")) as relay, Nameserver({}) as server:
        desk.configure(
            'transport = "maildir:outbox"',
            f'transport = "smtp"\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {relay.port}\ntls = "none"\n'
            '[[mail.dkim]]\nselector = "s2026"',
        )
        done = desk.publisher("check", "--dns", "--nameserver", server.address, "--sends-from", SENDER)
        told = json.loads(desk.publisher("check", "--dns", "--nameserver", server.address, "--json").stdout)
    assert done.returncode == 1
    assert "BAD      SPF  zendoric.example" in done.stdout
    assert "         expected: v=DKIM1; k=rsa; p=" in done.stdout
    assert "554 not today" in done.stdout
    assert [one["subject"] for one in told] == ["SPF", "DKIM", "DMARC", "MX", "PTR", "TLS"]
    assert not relay.taken


def test_check_dns_says_that_nothing_signs(desk: Desk):
    with Smtpd() as relay, Nameserver({}) as server:
        desk.configure(
            'transport = "maildir:outbox"',
            f'transport = "smtp"\n[[mail.relay]]\nhost = "127.0.0.1"\nport = {relay.port}\ntls = "none"\n',
        )
        done = desk.publisher("check", "--dns", "--nameserver", server.address)
        desk.configure('tls = "none"', 'tls = "none"\n[[mail.dkim]]\nsign = "relay"\nselector = "s"')
        signed = desk.publisher("check", "--dns", "--nameserver", server.address)
    assert "BAD      DKIM  zendoric.example" in done.stdout
    assert "`publisher dkim` makes a key" in done.stdout
    assert "nothing signs" not in signed.stdout
