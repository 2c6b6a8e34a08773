"""Messages that come back, as tests write them."""

RETURN_PATH = "b-nobody@zendoric.example"

_REPORT = """\
Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=a"

--=a
Content-Type: text/plain

This is the mail system at host mx.example.org.

Your message could not be delivered.

--=a
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; anna@example.org
Action: {action}
Status: {status}
Diagnostic-Code: {diagnostic}

--=a
Content-Type: text/rfc822-headers

{original}
--=a--
"""

_COMPLAINT = """\
From: feedback@provider.example
To: {to}
Subject: FW: Thursday
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="=a"

--=a
Content-Type: text/plain

This is an email abuse report.

--=a
Content-Type: message/feedback-report

Feedback-Type: {kind}
User-Agent: Test/1.0
Version: 1
{extra}
--=a
Content-Type: message/rfc822

{original}
The digest.

--=a--
"""


def report(
    *,
    to: str = RETURN_PATH,
    status: str = "5.1.1",
    diagnostic: str = "smtp; 550 5.1.1 <anna@example.org>: user unknown",
    action: str = "failed",
    original: str = "Return-Path: <daily@zendoric.example>\nSubject: Thursday\n",
) -> bytes:
    """A delivery status notification as Postfix makes it (RFC 3464)."""
    return _REPORT.format(to=to, status=status, diagnostic=diagnostic, action=action, original=original).encode()


def notice(text: str, *, to: str = RETURN_PATH, sender: str = "MAILER-DAEMON@example.net") -> bytes:
    """What a server writes that knows nothing of RFC 3464."""
    return f"From: {sender}\nTo: {to}\nSubject: failure notice\n\n{text}\n".encode()


def complaint(
    *, kind: str = "abuse", original: str = "Subject: Thursday\n", extra: str = "", to: str = "fbl@zendoric.example"
) -> bytes:
    """A feedback report (RFC 5965)."""
    return _COMPLAINT.format(to=to, kind=kind, extra=extra, original=original).encode()
