"""`dkim`, `send --test` and `secret`: what comes before anybody's first real digest."""

from datetime import datetime
from pathlib import Path

import click

from publisher import clock, running
from publisher.cli.options import doors, publication, read_settings, say
from publisher.config import Dkim, Mail
from publisher.errors import UsageError
from publisher.model import Frequency


@click.command()
@publication
@click.option("--domain", help="Who signs; without it, the domain of [mail] from.")
@click.option("--selector", help="The key's name in DNS; without it, as configured, or s and the year.")
@click.option("--file", "name", help="Where the key goes; without it, as configured, or dkim.pem.")
@click.option("--ed25519", is_flag=True, help="A small key, to stand beside an RSA one: not every receiver knows it.")
@click.option("--show", is_flag=True, help="Make nothing; print the record of the key that is there.")
def dkim(home: Path, domain: str | None, selector: str | None, name: str | None, ed25519: bool, show: bool) -> None:
    """Make a key for DKIM, readable by you alone, and print the TXT record for DNS. No key is ever written over."""
    from publisher.render.dkim import Signer, zone_line
    from publisher.wiring import dkim_key, make_dkim_key

    mail = read_settings(home).publication.mail
    known = _configured(mail, selector, name)
    selector = selector or (known.selector if known else f"{'e' if ed25519 else 's'}{clock.now():%Y}")
    name = name or (known.key_file if known else "dkim.pem")
    domain = domain or (known.domain if known else mail.domain)
    path = home / name
    key = dkim_key(path) if show else make_dkim_key(path, ed25519=ed25519)
    click.echo(zone_line(Signer(domain=domain, selector=selector, key=key)))
    if not show:
        say(f"{path} is the key: keep it out of version control and in your backup. The line above goes into DNS.")
    if known is None:
        lines = f'[[mail.dkim]]\ndomain = "{domain}"\nselector = "{selector}"\nkey_file = "{name}"'
        say(f"When it is there, sign with it; in publication.toml:\n\n{lines}")


def _configured(mail: Mail, selector: str | None, name: str | None) -> Dkim | None:
    """The entry that the options mean: the first that contradicts none of them."""
    return next(
        (one for one in mail.dkim if selector in {None, one.selector} and name in {None, one.key_file}),
        None,
    )


@click.command()
@publication
@click.option("--test", "address", metavar="ADDRESS", help="Where it goes.")
@click.option("--date", "day", type=click.DateTime(["%Y-%m-%d"]), help="Which day's digest; without it, today's.")
@click.option("--weekly", is_flag=True, help="The digest of the week to that day, not of the day.")
def send(home: Path, address: str | None, day: datetime | None, weekly: bool) -> int:
    """The digest to one address, marked [test], by the configured transport: what went on that day, or what would go.

    No subscriber gets it and the ledger knows nothing of it. Exit code 1: it was refused; 75: try again later.
    """
    if address is None:
        raise UsageError("the digest goes out by `publisher run`; `publisher send --test ADDRESS` sends you one.")
    frequency: Frequency = "weekly" if weekly else "daily"
    sent = running.send_test(doors(home), address, day.date() if day else None, frequency=frequency)
    say(sent.sentence)
    return sent.exit_code


@click.command()
@publication
@click.option("--rotate", is_flag=True, help="Sign with a new key from now on; links that were mailed stay alive.")
def secret(home: Path, rotate: bool) -> None:
    """Name the keys of secret.key, which sign every link that is mailed: the first signs, all are honoured.

    After --rotate, back the file up anew. A key that is taken out of it kills the links that it signed.
    """
    from publisher.wiring import rotate_signing_key, signing_keys

    folder = read_settings(home).home
    keys = rotate_signing_key(folder) if rotate else signing_keys(folder)
    for name in keys.secrets:
        click.echo(f"{name} {'signs' if name == keys.signing else 'is honoured'}")


COMMANDS = (dkim, send, secret)
