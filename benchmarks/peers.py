"""The same mail by nodemailer and by Django: neither keeps a ledger. Installed into the folder of the benchmark."""

import subprocess
import sys
from pathlib import Path

MAILS = 1000
NODE = """
const nodemailer = require("nodemailer"), fs = require("fs");
const [port, mails, key] = process.argv.slice(2);
const text = fs.readFileSync("../text", "utf8"), html = fs.readFileSync("../html", "utf8");
const dkim = key ? { domainName: "bench.example", keySelector: "s", privateKey: fs.readFileSync(key) } : undefined;
const post = nodemailer.createTransport({ host: "127.0.0.1", port: +port, ignoreTLS: true, pool: true,
  maxConnections: 8, maxMessages: Infinity, dkim });
const start = process.hrtime.bigint();
Promise.all(Array.from({ length: +mails }, (_, n) => post.sendMail({ from: "daily@bench.example",
  to: `r${n}@example.org`, subject: "The day", text: `${text}\\n${n}`, html: `${html}<p>${n}</p>`,
  list: { unsubscribe: `https://bench.example/u/${n}` } })))
  .then(() => { console.log(Number(process.hrtime.bigint() - start) / 1e9); post.close(); });
"""
DJANGO = """
import sys, time
from django.conf import settings
settings.configure(EMAIL_HOST="127.0.0.1", EMAIL_PORT=int(sys.argv[1]), DEFAULT_CHARSET="utf-8")
from django.core.mail import EmailMultiAlternatives, get_connection
text, html = open("../text").read(), open("../html").read()
start = time.perf_counter()
with get_connection("django.core.mail.backends.smtp.EmailBackend") as connection:
    for n in range(int(sys.argv[2])):
        mail = EmailMultiAlternatives("The day", f"{text}\\n{n}", "daily@bench.example", [f"r{n}@example.org"],
            connection=connection, headers={"List-Unsubscribe": f"<https://bench.example/u/{n}>"})
        mail.attach_alternative(f"{html}<p>{n}</p>", "text/html")
        mail.send()
print(time.perf_counter() - start)
"""


def compare(folder: Path, port: int, *, limit: float) -> None:
    print("peer                       ratio   mails/s")
    home = folder / "peers"
    home.mkdir()
    given = [str(port), str(MAILS)]
    subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "nodemailer@7"], cwd=home, check=True)
    (home / "send.js").write_text(NODE)
    show("nodemailer, 8 connections", ["node", "send.js", *given], home, limit)
    subprocess.run(["openssl", "genrsa", "-out", "key.pem", "2048"], cwd=home, check=True, stderr=subprocess.DEVNULL)
    show("nodemailer, RSA-2048", ["node", "send.js", *given, "key.pem"], home, limit)
    subprocess.run([sys.executable, "-m", "venv", "venv"], cwd=home, check=True)
    python = str(home / "venv" / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "-q", "django>=5,<6"], cwd=home, check=True)
    (home / "send.py").write_text(DJANGO)
    show("Django, one connection", [python, "send.py", *given], home, limit)


def show(name: str, command: list[str], home: Path, limit: float) -> None:
    seconds = float(subprocess.run(command, cwd=home, check=True, stdout=subprocess.PIPE).stdout)
    print(f"{name:26} {MAILS / seconds / limit:5.2f} {MAILS / seconds:9,.0f}", flush=True)
