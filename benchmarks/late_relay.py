"""A relay that answers late: `python late_relay.py PORT MILLISECONDS`. It takes all mail, keeps none, and pipelines."""

import asyncio
import sys

END = b"\r\n.\r\n"


class Late(asyncio.Protocol):
    """What arrives together is answered together, that much later."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._left = b""
        self._in_data = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._say(b"220 late ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        replies = []
        # The end of a mail may have come in two pieces.
        self._left = self._left[-len(END) :] + data if self._in_data else self._left + data
        while True:
            found = self._left.find(END if self._in_data else b"\r\n")
            if found < 0:
                break
            line, self._left = self._left[:found], self._left[found + (len(END) if self._in_data else 2) :]
            replies.append(self._answer(line[:4].upper()))
        if replies:
            self._say(b"".join(replies))

    def _answer(self, verb: bytes) -> bytes:
        if self._in_data:
            self._in_data = False
            return b"250 2.0.0 Ok\r\n"
        self._in_data = verb == b"DATA"
        if self._in_data:
            return b"354 go on\r\n"
        return b"250-late\r\n250 PIPELINING\r\n" if verb == b"EHLO" else b"250 2.1.0 Ok\r\n"

    def _say(self, words: bytes) -> None:
        asyncio.get_running_loop().call_later(self._seconds, self._transport.write, words)


async def main(port: int, milliseconds: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: Late(milliseconds / 1000), "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
