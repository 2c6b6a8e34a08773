"""The server does not want this sender, or this mail."""

from publisher.subscribing.bounces.verdicts import Reason

PHRASES: tuple[tuple[Reason, str], ...] = (
    (
        Reason.RELAYING,
        """
    relay* (denied|not permitted|not allowed|prohibited|refused|disallowed);
    (not permitted|not allowed|unable|refuse|refused|no|cannot|not configured) (to |)relay;
    (as a relay|open relay|insecure mail relay|relaying mail to); not a gateway; allowed rcpthost; not local host;
    we don't handle mail for; (server|mail) requires authentication; specified domain is not allowed
    """,
    ),
    (
        Reason.AUTHENTICATION,
        """
    (spf|dkim|dmarc) ; (spf|dkim|dmarc)[; (spf|dkim|dmarc)=; //spf.; sender policy framework; sender id * fail;
    authentication (check|information|fail|required|credentials); unauthenticated; not authenticated;
    not pass * authentication; authentication is required
    """,
    ),
    (
        Reason.REVERSE_DNS,
        """
    reverse (dns|lookup|hostname|mapping|delegation|name); reverse-dns; rdns; ptr ; ip name lookup failed;
    cannot find your hostname; unresolvable; mismatches client ip; unverifiable sending ip; dynamic ip;
    forward dns
    """,
    ),
    (
        Reason.LISTED,
        """
    (blacklist|blocklist|block list|black list|denylist|dnsbl|rbl|spamhaus|spamcop|barracudacentral|sorbs);
    block list; blocked; _is_blocked; banned; * reputation; bad * ip;
    (not accepting|not accept|refused|rejected|denied) * (your ip|your network|ip address|dynamic ip);
    (ip|ip address|server ip|network) * (listed|rejected|not allowed|forbidden); sender ip; go away; open proxy;
    (not allowed|not permitted) to (connect|send mail); may not be mail exchanger;
    (helo|ehlo) * (rejected|invalid|denied); client host rejected; initial connection; refused to talk to me;
    abus detecte; weren't sent; unexpected volume; user complaints; service refused; (looks|activity) * suspicious;
    access denied...; requires confirmation; confirm this mail server; sending spam; no access from mail server
    """,
    ),
    (
        Reason.SENDER,
        """
    sender * (rejected|reject|refused|denied|not exist|not found|not accepted|not allowed|not pre-approved);
    sender * (unknown|invalid|verify fail|verification fail|is empty|does not exist|not verified|not valid);
    (invalid|bogus|bad|unroutable|unrouteable|unknown|unverified|illegal) (sender|mail from|return path|from );
    (in reply to|after) (the |)mail from; mail from * (rejected|refused|denied|not owned|must|invalid);
    your (email|e-mail|access|envelope sender) * (rejected|refused); from: domain is invalid; domain of sender;
    batv; backscatter; bouncedeny; (null sender|empty envelope sender|third-party dsn|unsigned dsn);
    mails from *(rejected|refused); (permission|permissions|allowed|authorized) to post;
    (members-only|members only|non-member|closed mailing list|moderator); email address is not verified;
    emetteur invalide; purported responsible address; //groups.google.; recursive cname; list of senders;
    senderfilterconfig; mx records for; does not exist e2110; only accept* from; notauthorized; notauthenticated;
    returned mail not accepted
    """,
    ),
    (
        Reason.RATE,
        """
    too many * (connection|session|error|recipient|messages|mails|emails|concurrent);
    too many (connection|session|error|recipient|messages|mails|emails|concurrent);
    (rate|connection|frequency|hourly|daily|sending|per-domain) * (limit|exceed|quota); rate limit; throttl;
    try again slower; receiving mail at a rate; mail too quickly;
    rate that prevents; trop de connexions; (frequency limited|connection frequency);
    numerous attempts; maximum * (rate|connections); max emails
    """,
    ),
    (
        Reason.VIRUS,
        """
    virus; malware; malicious; trojan; infected; phishing
    """,
    ),
    (
        Reason.SPAM,
        """
    spam; antispam; unsolicited; bulk (email|e-mail|mail|advert); junk; content filter; message filtered;
    (banned|unacceptable|rejecting mail|message|mail) content; content * (rejected|denied); uribl;
    recurrent pattern; greylist; 5.7.0 reject, id=
    """,
    ),
)
