"""Takes mails on this machine with aiosmtpd and writes each to a folder, until its standard input ends.

usage: mail_sink.py FOLDER   (prints its port)
"""

import pathlib
import sys

from aiosmtpd.controller import Controller


class Sink:
    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.count = 0

    async def handle_DATA(self, server, session, envelope):
        self.count += 1
        head = f"{envelope.mail_from}\n{' '.join(envelope.rcpt_tos)}\n".encode()
        part = self.folder / f"{self.count}.part"
        part.write_bytes(head + envelope.content)
        part.rename(self.folder / f"{self.count}.eml")
        return "250 OK"


class AnyPort(Controller):
    """Port 0: the system chooses one, which the controller would not learn by itself."""

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def main(folder):
    controller = AnyPort(Sink(folder), hostname="127.0.0.1", port=0, ready_timeout=60)
    controller.start()
    print(controller.port, flush=True)
    sys.stdin.read()
    controller.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
