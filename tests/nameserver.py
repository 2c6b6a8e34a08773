"""A real name server on loopback, for the records that a test writes down."""

import threading
from collections.abc import Mapping, Sequence
from socketserver import BaseRequestHandler, ThreadingUDPServer
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset

Zone = Mapping[tuple[str, str], Sequence[str]]
"""(name, kind) -> records as a zone file writes them."""


class Nameserver:
    """`with Nameserver({("zendoric.example", "TXT"): ['"v=spf1 -all"']}) as server: ... server.address`."""

    def __init__(self, zone: Zone, *, failing: frozenset[str] = frozenset()) -> None:
        self.asked: list[tuple[str, str]] = []
        outer = self

        class Answer(BaseRequestHandler):
            def handle(self) -> None:
                packet, line = self.request
                line.sendto(outer.answer(packet), self.client_address)

        self._zone, self._failing = zone, failing
        self._server = ThreadingUDPServer(("127.0.0.1", 0), Answer)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def answer(self, packet: bytes) -> bytes:
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name, kind = question.name.to_text().rstrip("."), dns.rdatatype.to_text(question.rdtype)
        self.asked.append((name, kind))
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.RA
        if name in self._failing:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif records := self._zone.get((name, kind)):
            reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *records))
        elif name not in {known for known, _ in self._zone}:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        return reply.to_wire()

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
