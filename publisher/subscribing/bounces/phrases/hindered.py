"""The mailbox is there, or was, and this mail did not get into it."""

from publisher.subscribing.bounces.verdicts import Reason

PHRASES: tuple[tuple[Reason, str], ...] = (
    (
        Reason.FULL,
        """
    quota; overquota; (mailbox|mail box|mailfolder|maildir|inbox|mail system|storage|box) * full;
    (mailbox|mail box|mailfolder|maildir|inbox|box) full; full mailbox;
    (mailbox|mail file|storage) * (exceeded|exceeds|exceeding); exceed* (mailbox|storage|allowed space|disk);
    (disk|mailbox|file) space; diskspace; no space left;
    (not enough|insufficient|not sufficient|out of) * (space|storage); space * not enough; space has been used up;
    too many messages (on|in) ; too much mail (data|stored); receiving limits; boite du destinataire pleine;
    buzón lleno; boîte * pleine; переполнен; 邮箱已满; 空间不足; postfach * voll; casella * piena
    """,
    ),
    (
        Reason.TOO_BIG,
        """
    (message|mail|file|data|attachment) * too (big|large|long);
    (message|mail|header) (size|length) * (exceed|limit); exceeds * (size|length); message exceeds; size limit;
    line limit exceeded
    """,
    ),
    (
        Reason.MAILER,
        """
    procmail; maildrop; pipe to; command (died|failed|output); exit status; mailer error; child status; x-unix
    """,
    ),
    (
        Reason.MOVED,
        """
    (mailbox|user|recipient|account|person) has moved; has been replaced by; new address is; user has left
    """,
    ),
    (
        Reason.DISABLED,
        """
    MAILBOX * (disabled|suspended|deactivated|discontinued|frozen|terminated|archived|temporarily inactive);
    MAILBOX * (is|was|temporary|temporarily) locked;
    (disabled|suspended|deactivated|locked|archived|frozen) MAILBOX; invalid/inactive; extended inactivity;
    suspend the service; boite du destinataire archivee; mailbox unavailable or access;
    (account|mailbox|user) (has |is |)expired; expired (account|mailbox)
    """,
    ),
)
