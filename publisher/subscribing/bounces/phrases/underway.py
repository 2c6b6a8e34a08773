"""What is left: content, rules, protocol, and what happens on the way."""

from publisher.subscribing.bounces.verdicts import Reason

PHRASES: tuple[tuple[Reason, str], ...] = (
    (
        Reason.CONTENT,
        """
    (header|mime|attachment|8-bit|encoding) * (not accept|not allow|invalid|error|exceed|refused|rejected|improper);
    (header|mime|attachment) (error|invalid|not);
    (invalid|illegal|missing|malformed|improper|duplicate|bad) * (header|mime|attachment|encoding); media error;
    rfc 5322; rfc 2822; executable files; images or other attachments; base64
    """,
    ),
    (
        Reason.POLICY,
        """
    policy; policies; administrative prohibition; prohibit; protocol violation; mass mailer;
    organizational settings; security (reason|polic|rule|risk|settings|error); not authorized; unauthorized;
    access denied; permission denied; captcha; (starttls|tls) ;
    message (was |)(rejected|refused|denied|not accepted); rejected (by|for)
    """,
    ),
    (
        Reason.PROTOCOL,
        """
    syntax error; bad sequence; unrecognized command; command not implemented; need rcpt
    """,
    ),
    (
        Reason.LOOP,
        """
    loop; too many hops; hop count; duplicated message-id; too many received
    """,
    ),
    (
        Reason.EXPIRED,
        """
    expired; timed out; timeout; retry time; too long; giving up; multiple retries;
    (delivery|deliver) * (attempts|more than|for the last); not delivered within; within the allowed;
    was aborted after; has been failing; have been failing; delivery time; could not find a gateway;
    failed to deliver to domain; did not respond; not responding; not been collected;
    not accept our requests to connect
    """,
    ),
    (
        Reason.NETWORK,
        """
    connection (refused|reset|lost|closed|dropped|failed|error); lost connection; no route to host;
    (host|network) * (unreachable|not reachable);
    (could not|couldn't|unable to|wasn't able to) (connect|contact|establish|resolve); lookup failure;
    socket error; try again; malformed * name server reply; dns ; network error
    """,
    ),
    (
        Reason.SYSTEM,
        """
    (system|internal|configuration|server|local|processing|temporary) * (error|problem|failure); misconfigured;
    i/o error; resources; encountered an error; service * unavailable; interrupted; temporar
    """,
    ),
)
