"""Notices as mail servers write them that know nothing of RFC 3464, or did not yet: who failed, and why.

The words are invented, in each server's layout.
"""

import json
from collections.abc import Sequence

import pytest

from publisher.subscribing import bounces
from publisher.subscribing.bounces import Kind, Reason

ANNA, BEN = "anna@example.org", "ben@example.net"
COPY = "Received: from relay.example\nFrom: daily@zendoric.example\nSubject: mailbox full, user unknown\n\nMailbox full.\n"
NOBODY, FULL, UNWANTED, NOWHERE = Reason.NO_MAILBOX, Reason.FULL, Reason.UNWANTED, Reason.NO_DOMAIN

Layout = tuple[str, str, str, Sequence[tuple[str, Reason]]]

LAYOUTS: Sequence[Layout] = (
    (
        "qmail",
        "From: MAILER-DAEMON@mx.example.net\nSubject: failure notice",
        f"""\
Hi. This is the qmail-send program at mx.example.net.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{ANNA}>:
192.0.2.7 does not like recipient.
Remote host said: 550 sorry, no such user
Giving up on 192.0.2.7.

<{BEN}>:
192.0.2.8 failed after I sent the message.
Remote host said: 550 user unknown

--- Below this line is a copy of the message.

Return-Path: <daily@zendoric.example>
{COPY}""",
        ((ANNA, NOBODY), (BEN, UNWANTED)),
    ),
    (
        "Exim",
        f"From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nX-Failed-Recipients: {ANNA}, {BEN}\nSubject: Mail delivery failed: returning message to sender",
        f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {ANNA}
    host mx.example.org [192.0.2.7]
    SMTP error from remote mail server after RCPT TO:<{ANNA}>:
    550 unknown user
  {BEN}
    (generated from team@example.net)
    mailbox is full: retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

Return-path: <daily@zendoric.example>
{COPY}""",
        ((ANNA, NOBODY), (BEN, FULL)),
    ),
    (
        "Exim, no such domain",
        "From: Mail Delivery System <Mailer-Daemon@mx.example.net>\nSubject: Mail delivery failed: returning message to sender",
        f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to all of its recipients.
The following address(es) failed:

  {ANNA}
    all relevant MX records point to non-existent hosts

------ This is a copy of the message, including all the headers. ------

{COPY}""",
        ((ANNA, NOWHERE),),
    ),
    (
        "sendmail 5",
        "From: Mail Delivery Subsystem <MAILER-DAEMON>\nSubject: Returned mail: User unknown",
        f"""\
   ----- Transcript of session follows -----
While talking to mx.example.org:
>>> RCPT To:<{ANNA}>
<<< 550 No such person here.
550 <{ANNA}>... User unknown
550 example.net (smtp)... 550 Host unknown
554 <{BEN}>... 550 Host unknown (Authoritative answer from name server)

   ----- Unsent message follows -----
{COPY}""",
        ((ANNA, NOBODY), (BEN, NOWHERE)),
    ),
    (
        "sendmail 8 without a report",
        "From: MAILER-DAEMON@mx.example.net\nSubject: Returned mail: see transcript for details",
        f"""\
The original message was received at Thu, 25 Jun 2026 07:00:00 GMT

   ----- The following addresses had permanent fatal errors -----
<{ANNA}>
    (reason: 550 5.1.1 unknown)

   ----- Transcript of session follows -----
... while talking to mx.example.org.:
>>> DATA
<<< 550 5.1.1 <{ANNA}>... User unknown
550 5.1.1 <{ANNA}>... User unknown

   ----- Original message follows -----
{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "local delivery",
        "From: MAILER-DAEMON@mx.example.net\nSubject: Returned mail: Service unavailable",
        f"""\
   ----- The following addresses had permanent fatal errors -----
<{ANNA}>

   ----- Transcript of session follows -----
mail.local: unknown user: anna
554 <{ANNA}>... Service unavailable

   ----- Original message follows -----
{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "Domino",
        "From: Postmaster@notes.example.net\nSubject: DELIVERY FAILURE: User anna (anna@example.org) not listed in Domino Directory",
        f"""\
Your message

  Subject: Thursday

was not delivered to:

  {ANNA}

because:

  User anna (anna@example.org) not listed in Domino Directory
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Notes",
        "From: postmaster@notes.example.net\nSubject: DELIVERY FAILURE",
        f"""\
------- Failure Reasons  --------

User not listed in public Name & Address Book
{ANNA}


------- Returned Message --------

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "Exchange 5.5",
        "From: System Administrator <postmaster@example.net>\nX-Mailer: Internet Mail Service (5.5.2657.72)\nSubject: Undeliverable: Thursday",
        f"""\
Your message

  To:      {ANNA}
  Subject: Thursday
  Sent:    Thu, 25 Jun 2026 07:00:00 +0000

did not reach the following recipient(s):

{ANNA} on Thu, 25 Jun 2026 07:00:10 +0000
    The recipient name is not recognized
\tThe MTS-ID of the original message is: c=us;a= ;p=example;l=MX0000000000000
    MSEXCH:IMS:EXAMPLE:MX:MX 0 (000C05A6) Unknown Recipient
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Exchange 5.5, an error of another server",
        "From: System Administrator <postmaster@example.net>\nX-Mailer: Internet Mail Service (5.5.2657.72)\nSubject: Undeliverable: Thursday",
        f"""\
Your message

  To:      {ANNA}
  Subject: Thursday
  Sent:    Thu, 25 Jun 2026 07:00:00 +0000

did not reach the following recipient(s):

{ANNA} on Thu, 25 Jun 2026 07:00:10 +0000
    The message could not be delivered because the recipient's mailbox is full
    MSEXCH:IMS:EXAMPLE:MX:MX 0 (000B09B6) 552 mailbox full
""",
        ((ANNA, FULL),),
    ),
    (
        "Exchange 2007",
        'From: postmaster@example.net\nSubject: Undeliverable: Thursday\nContent-Type: text/html; charset="utf-8"',
        f"""\
<html><head><style>p {{ color: red }}</style></head><body>
<p><b>Delivery has failed to these recipients or distribution lists:</b></p>
<p><a href="mailto:{ANNA}">{ANNA}</a><br>The recipient's e-mail address was not found in the recipient's e-mail system.</p>
<p>Diagnostic information for administrators:</p>
<p>Generating server: mx.example.net</p>
<p>{ANNA}<br>#550 5.1.1 RESOLVER.ADR.RecipNotFound; not found ##</p>
<p>Original message headers:</p><pre>{COPY}</pre></body></html>
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Exchange 2007 in French, a message too big",
        "From: postmaster@example.net\nSubject: Non remis: Thursday",
        f"""\
La remise a échoué pour les destinataires suivants :

{ANNA}

Informations de diagnostic pour les administrateurs :

Serveur de génération : mx.example.net

{ANNA}
#550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large for this recipient ##
""",
        ((ANNA, Reason.TOO_BIG),),
    ),
    (
        "GroupWise",
        "From: Mailer-Daemon@example.net\nSubject: Message status - undeliverable",
        f"""\
The message that you sent was undeliverable to the following:
\t{ANNA} (550 user unknown)

Possibly truncated original message follows:

{COPY}""",
        ((ANNA, UNWANTED),),
    ),
    (
        "MailMarshal",
        "From: postmaster@example.net\nSubject: Undeliverable Mail: \"Thursday\"",
        f"""\
Your message:
   From:    daily@zendoric.example
   Subject: Thursday

Could not be delivered because of

550 5.1.1 Invalid recipient

The following recipients were affected:
    {ANNA}
""",
        ((ANNA, NOBODY),),
    ),
    (
        "m-FILTER",
        "From: Mailer-Daemon@example.net\nX-Mailer: m-FILTER\nSubject: failure notice",
        f"""\
{ANNA} was not delivered.

-------server message
550 5.1.1 unknown user <{ANNA}>

-------SMTP command
RCPT TO:<{ANNA}>

-------original message
{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "ScanMail (X1)",
        'From: "Mail Deliver System" <postmaster@example.net>\nSubject: Returned Mail: Thursday',
        f"""\
The original message was received at Thu, 25 Jun 2026 07:00:00 GMT
from [192.0.2.7]

   ----- The following addresses had delivery problems -----
Result:
 {ANNA}
 550 5.1.1 user unknown

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "X2",
        "From: MAILER-DAEMON@example.net\nSubject: Delivery failure",
        f"""\
Unable to deliver message to the following address(es).

<{ANNA}>:
This user doesn't have an example.org account ({ANNA}) [-9]

<{BEN}>:
user has Exceeded Quota

--- Original message follows.

Return-Path: <daily@zendoric.example>
{COPY}""",
        ((ANNA, NOBODY), (BEN, FULL)),
    ),
    (
        "X3",
        "From: Mail Delivery System <MAILER-DAEMON@example.net>\nSubject: Delivery status notification",
        f"""\
      This is an automatically generated Delivery Status Notification.

Delivery to the following recipients failed permanently:

  * {ANNA}

Final-Recipient: rfc822;{ANNA}
Action: failed
Status: 5.3.0
Diagnostic-Code: SMTP; RCPT TO error: 550 unknown user
""",
        ((ANNA, NOBODY),),
    ),
    (
        "X6",
        "From: MAILER-DAEMON@example.net\nSubject: There was an error sending your mail",
        f"""\
We had trouble delivering your message. Full details follow:

Subject: 'Thursday'
Date: 'Thu, 25 Jun 2026 07:00:00 +0000'

1 error(s):

SMTP Server <mx.example.org> rejected recipient <{ANNA}>
  (Error following RCPT command). It responded as follows: [550 5.1.1 User unknown]

The attachment contains the original mail headers.
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Verizon",
        "From: post_master@vtext.example\nSubject: Undeliverable Message",
        f"""\
Error: The message was not delivered
  Subject: Thursday
  MAIL FROM: daily@zendoric.example
  RCPT TO: {ANNA}

  550 - Requested action not taken: no such user here
""",
        ((ANNA, NOBODY),),
    ),
    (
        "KDDI",
        "From: Mail Delivery Subsystem <MAILER-DAEMON@ezweb.ne.jp>\nSubject: Mail System Error - Returned Mail",
        f"""\
Your mail attempted to be delivered on: Thu, 25 Jun 2026 07:00:00 +0900
could not be delivered to:
{ANNA}
As their mailbox is full.
""",
        ((ANNA, FULL),),
    ),
    (
        "EZweb",
        "From: Mail Delivery Subsystem <Postmaster@ezweb.ne.jp>\nSubject: Mail System Error - Returned Mail",
        """\
The user(s) account is disabled.

<anna@ezweb.ne.jp>: 550 user unknown (in reply to RCPT TO command)

        -- The header and top 20 lines of the message follows --

Received: from relay.example
""",
        (("anna@ezweb.ne.jp", Reason.DISABLED),),
    ),
    (
        "InterScan",
        "From: InterScan MSS <imss@example.net>\nSubject: Mail could not be delivered",
        f"""\
*************************************************************
 Message from InterScan Messaging Security Suite

 Sent >>> RCPT TO:<{ANNA}>
 Received <<< 550 5.1.1 No such user

 Unable to deliver message to <{ANNA}>
*************************************************************

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "MXLogic",
        "From: Mail Delivery System <Mailer-Daemon@mxl.example>\nSubject: Mail delivery failed: returning message to sender",
        f"""\
This message was created automatically by mail delivery software.

A message that you have sent could not be delivered to one or more
recipients.  This is a permanent error.  The following address failed:

  <{ANNA}>: 550 5.1.1 {ANNA} user unknown

Included is a copy of the message header:
-----------------------------------------
{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "SendGrid",
        "From: MAILER-DAEMON\nSubject: Undelivered Mail Returned to Sender",
        f"""\
Hello, this is an automatically generated message from SendGrid.

I'm sorry to have to tell you that your message was not able to be delivered
to one of its intended recipients.

Final-Recipient: rfc822; {ANNA}
Original-Recipient: rfc822; {ANNA}
Action: failed
Status: 550
Diagnostic-Code: 550 5.1.1 The account does not exist
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Zoho",
        "From: mailer-daemon@mail.zoho.com\nX-ZohoMail: Sff\nSubject: Undelivered Mail Returned to Sender",
        f"""\
This message was created automatically by mail delivery software.
 A message that you sent could not be delivered to one or more of its recipients. This is a permanent error.

 {ANNA} Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 user unknown
[Status: Error, Address: <{BEN}>, ResponseCode 421, , Host not reachable.]

Received: from mail.zoho.com by mx.zohomail.com
{COPY}""",
        ((ANNA, NOBODY), (BEN, Reason.NETWORK)),
    ),
    (
        "Google Groups",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)",
        """\
Hello daily@zendoric.example,

We're writing to let you know that the group you tried to contact (readers)
may not exist, or you may not have permission to post messages to the group.

If you have questions related to this or any other Google Group,
visit the Help Center at https://support.google.com/a/example.org/bin/topic.py?topic=25838.

----- Original message -----

X-Received: by 2002:a05
""",
        (("", Reason.SENDER),),
    ),
    (
        "Gmail before 2015",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)",
        f"""\
Delivery to the following recipient failed permanently:

     {ANNA}

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain. We recommend contacting the
other email provider for further information about the cause of this error. The error that the other server
returned was: 550 550 Unknown user (state 14).

----- Original message -----

Received: by 192.0.2.7
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Gmail before 2015, after DATA",
        "From: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nSubject: Delivery Status Notification (Failure)",
        f"""\
Delivery to the following recipient failed permanently:

     {ANNA}

Technical details of permanent failure:
The error that the other server returned was: 550 550 Unknown user (state 18).

----- Original message -----

Received: by 192.0.2.7
""",
        ((ANNA, UNWANTED),),
    ),
    (
        "Facebook",
        "From: Facebook <mailer-daemon@mx.facebook.com>\nSubject: Sorry, your message could not be delivered",
        """\
This message was created automatically by Facebook.

Sorry, your message could not be delivered to the following address:

<anna@facebook.com>: host mx.facebook.com said: 550 5.1.1 RCP-P1 http://postmaster.facebook.com/response_codes?ip=192.0.2.7#rcp Refused due to recipient preferences
""",
        (("anna@facebook.com", NOBODY),),
    ),
    (
        "1&1",
        "From: Mail Delivery System <mailer-daemon@kundenserver.example>\nSubject: Mail delivery failed: returning message to sender",
        f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. The following addresses failed:

<{ANNA}>

For the following reason:

Mail size limit exceeded. For explanation visit
http://postmaster.example/de/error-messages

--- The header of the original message is following. ---

{COPY}""",
        ((ANNA, Reason.TOO_BIG),),
    ),
    (
        "GMX",
        "From: MAILER-DAEMON@gmx.example\nX-GMX-Antispam: 0\nSubject: Mail delivery failed: returning message to sender",
        f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to
one or more of its recipients. This is a permanent error.
The following address(es) failed:

"{ANNA}":
SMTP error from remote server after RCPT command:
host: mx.example.org
5.1.1 <{ANNA}>... User Unknown

--- The header of the original message is following. ---

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "SurfControl",
        "From: postmaster@example.net\nX-Mailer: SurfControl E-mail Filter\nSubject: Message delivery failed",
        f"""\
Your message could not be sent.
A transcript of the attempts to send the message follows.
The number of attempts made: 1
Addressed To: {ANNA}

Thu 25 Jun 2026 07:00:00 +0000
Failed to send to identified host,
{ANNA}: [192.0.2.7], 550 kijitora@example.org... No such user
--- Message non-deliverable.
""".replace("kijitora@example.org", ANNA),
        ((ANNA, NOBODY),),
    ),
    (
        "Courier",
        "From: MAILER-DAEMON@example.net\nSubject: NOTICE: mail delivery status.",
        f"""\
This is a delivery status notification from mx.example.net,
running the Courier mail server, version 0.65.2.

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<{ANNA}>:
    mx.example.org [192.0.2.7]:
>>> RCPT TO:<{ANNA}>
<<< 550 User not known

---------------------------------------------------------------------------

If your message was also sent to additional recipients, their delivery
status is not included in this report.
""",
        ((ANNA, NOBODY),),
    ),
    (
        "OpenSMTPD",
        "From: Mailer Daemon <MAILER-DAEMON@example.net>\nSubject: Delivery status notification: error",
        f"""\
    Hi!

    This is the MAILER-DAEMON, please DO NOT REPLY to this email.

    An error has occurred while attempting to deliver a message for
    the following list of recipients:

{ANNA}: 550 5.1.1 <{ANNA}>: user unknown

{BEN}: No MX found for domain

    Below is a copy of the original message:

{COPY}""",
        ((ANNA, NOBODY), (BEN, Reason.NO_MAIL_HERE)),
    ),
    (
        "Sun Messaging Server",
        "From: Internet Mail Delivery <postmaster@example.net>\nSubject: Delivery Notification: Delivery has failed",
        f"""\
This report relates to a message you sent with the following header fields:

  Return-path: <daily@zendoric.example>
  Message-id: <1@zendoric.example>
  Subject: Thursday

Your message cannot be delivered to the following recipients:

  Recipient address: {ANNA}
  Original address: {ANNA}
  Reason: Remote SMTP server has rejected address
  Diagnostic code: smtp;550 5.1.1 <{ANNA}>... User Unknown
  Remote system: dns;mx.example.org (TCP|192.0.2.7|1|192.0.2.8|25)
""",
        ((ANNA, NOBODY),),
    ),
    (
        "McAfee",
        "From: <postmaster@example.net>\nX-NAI-Header: Modified by McAfee\nSubject: Delivery Status",
        f"""\
Your message was not delivered.

--- The following addresses had delivery problems ---
<{ANNA}>   (User unknown {ANNA})

Final-Recipient: RFC822; {ANNA}
Action: Failed
Diagnostic-Code: 550 <{ANNA}>... User not exist

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "Apache James",
        "From: postmaster@james.example\nMessage-ID: <1.2.JavaMail.root@james.example>\nSubject: [BOUNCE]",
        f"""\
Message details:
  Subject: Thursday
  Sent date: Thu Jun 25 07:00:00 UTC 2026
  MAIL FROM: daily@zendoric.example
  RCPT TO: {ANNA}
  From: daily@zendoric.example
  Size (in bytes): 100
  Number of lines: 1

Error message below:
550 - Requested action not taken: no such user here
""",
        ((ANNA, NOBODY),),
    ),
    (
        "IMail",
        "From: Postmaster@example.net\nX-Mailer: <SMTP32 v8.22>\nSubject: Undeliverable Mail",
        f"""\
Unknown user: {ANNA}


Original message follows.

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "IMail, another server's words",
        "From: Postmaster@example.net\nX-Mailer: <SMTP32 v8.22>\nSubject: Undeliverable Mail",
        f"""\
undeliverable to {ANNA}

Body of message generated response:
550 5.2.2 mailbox is full

Original message follows.

{COPY}""",
        ((ANNA, FULL),),
    ),
    (
        "Barracuda",
        "From: MAILER-DAEMON@cuda.example\nSubject: **Message you sent blocked by our bulk email filter**",
        f"""\
Your message to: {ANNA}
was blocked by our Spam Firewall. The email you sent with the following subject has NOT BEEN DELIVERED:

Subject: Thursday
""",
        ((ANNA, Reason.LISTED),),
    ),
    (
        "MailFoundry",
        "From: MAILER-DAEMON@foundry.example\nSubject: Message delivery has failed",
        f"""\
Unable to deliver message to: <{ANNA}>
Delivery failed for the following reason:
Server mx.example.org[192.0.2.7] failed with: 550 <{ANNA}> No such user here

This has been a permanent failure.  No further delivery attempts will be made.
""",
        ((ANNA, NOBODY),),
    ),
    (
        "Biglobe",
        "From: postmaster@biglobe.ne.jp\nSubject: Returned mail:",
        """\
   ----- The following addresses had delivery problems -----
anna@biglobe.ne.jp

   ----- Non-delivered information -----
The number of messages in recipient's mailbox exceeded the local limit.

   ----- Original message follows -----
""",
        (("anna@biglobe.ne.jp", FULL),),
    ),
    (
        "DragonFly",
        "From: <>\nSubject: Mail delivery failed",
        f"""\
This is the DragonFly Mail Agent v0.13 at mx.example.net.

There was an error delivering your mail to <{ANNA}>.

mx.example.org [192.0.2.7] did not like our RCPT TO:
550 <{ANNA}>: Recipient address rejected: User unknown

Original message follows.

{COPY}""",
        ((ANNA, NOBODY),),
    ),
    (
        "Mail.ru",
        f"From: mailer-daemon@corp.mail.ru\nX-Failed-Recipients: {ANNA}\nSubject: Mail failure.",
        f"""\
This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {ANNA}
    SMTP error from remote mail server after end of data:
    host mx.example.org [192.0.2.7]: 550 spam message rejected.

------ This is a copy of the message, including all the headers. ------

{COPY}""",
        ((ANNA, Reason.SPAM),),
    ),
    (
        "Yahoo",
        "From: MAILER-DAEMON@yahoo.com\nSubject: Failure Notice",
        f"""\
Sorry, we were unable to deliver your message to the following address.

<{ANNA}>:
550: 5.1.1 <{ANNA}>: Recipient address rejected: User unknown

--- Below this line is a copy of the message.

{COPY}""",
        ((ANNA, NOBODY),),
    ),
)


def _read(head: str, body: str) -> bounces.Returned:
    typed = "" if "Content-Type" in head else "\nContent-Type: text/plain; charset=utf-8"
    return bounces.read(f"{head}{typed}\nTo: b-x@zendoric.example\n\n{body}".encode())


@pytest.mark.parametrize(("name", "head", "body", "expected"), LAYOUTS, ids=[one[0] for one in LAYOUTS])
def test_a_notice_says_who_failed_and_why(
    name: str, head: str, body: str, expected: Sequence[tuple[str, Reason]]
) -> None:
    found = _read(head, body)
    assert [(one.address or "", one.reason) for one in found.failures] == list(expected)
