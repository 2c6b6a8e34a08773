"""There is nobody at that address, or nobody who wants it."""

from publisher.subscribing.bounces.verdicts import Reason

PHRASES: tuple[tuple[Reason, str], ...] = (
    (
        Reason.NO_MAIL_HERE,
        """
    nullmx; null mx; (host|domain|server) (does not|doesn't) accept (mail|e-mail|email|any mail);
    mail receiving disabled; no mx record; no mx found for; (mx or srv|mx) record indicated no smtp service;
    reject all mails; name server: .: host not found; no route for current request;
    smtp protocol returned a permanent error
    """,
    ),
    (
        Reason.UNWANTED,
        """
    user rules; recipient preferences; refuse* to receive; user reject;
    not accepting (any |)(mail|e-mail|email|messages); only accepting mail from; bounced address;
    account is protected; restricted sms; suppression list; message rejected due to user
    """,
    ),
    (
        Reason.NETWORK,
        """
    (host|domain|name) * not found, try again; try again later or contact
    """,
    ),
    (
        Reason.NO_DOMAIN,
        """
    (host|domain|domain name|host name) * (not found|unknown|does not exist); domain * (unreachable|not reachable);
    (unknown|no such|bad|invalid|non-existent) (host|domain|mail domain|destination system);
    name or service not known; name service error; (unrouteable|unroutable) address; domain must exist;
    domain may not exist; nxdomain; host address lookups failed permanently; find a mail exchanger;
    illegal host/domain; server returned answer with no data; domain * (doesn't|doesnt) exist;
    (couldn't|could not|cannot|can't) (find|resolve) * (host|domain|mx); no mail server
    """,
    ),
    (
        Reason.NO_MAILBOX,
        """
    (no such|unknown|invalid|illegal|bad|nonexistent|non-existent|non existent|not a valid|not a known) MAILBOX;
    (no such|unknown|invalid) (local|email|e-mail|final|envelope|sms|virtual|directory) *MAILBOX;
    MAILBOX (is |was |are |)(unknown|invalid|not found|not known|not active|inactive|nonexistent);
    MAILBOX (is |was |)(not valid|not listed|not present|not local|not ok|not exist|unavailable|not available);
    MAILBOX * (does not exist|doesn't exist|did not exist|not exist|was not found|not found|could not be found);
    MAILBOX * (not recognized|not recognised|not listed|unknown|unavailable|no longer|couldn't be found);
    MAILBOX * (is wrong|not in my list|is not accepted|wasn't found|not a valid);
    no MAILBOX (here|by that|found|available|with); no mail box available; no account by that name;
    (recipient|recipients|destination|destinations) * (rejected|refused|unknown);
    (userunknown|useruknown|unknownuser|unknown-user|recipnotfound|recipient notfound); unknown or illegal;
    5.4.1 * access denied; 5.1.0 address rejected; <*> not found; (recipient|recipients|address) * undeliverable;
    check if address is correct; verify that the recipient address; inactive MAILBOX; unknown local part;
    unknown local-part; (does not|doesn't) have (a|an) * account; badrcptto; bad recipient; badrecipientto;
    validrcptto; can't accept user; (there is no one at|no one at) this address; this address no longer;
    no longer * (valid|active|accept); not a (valid|known|local|registered) (user|mailbox|recipient|address);
    not an active address; not our customer; not email addresses; does not exist; no valid recipients;
    (not|non) exist; invalid * userid; in name directory; envelope recipient has been denied; no thank you;
    missing home directory; refuses to accept your mail; mailbox unavaiable;
    (dosn't|doesn't) exist; unable to find * (recipient|user|mailbox); utilisateur inconnu; destinataire * inconnu;
    destinataire * invalide; (empfänger|benutzer|adresse|mailbox) * (unbekannt|existiert nicht|nicht gefunden);
    no existe; adresse inconnue;
    (usuario|destinatario|usuário|destinatário) (desconocido|desconhecido|inexistente|sconosciuto|inesistente);
    nessun utente; requested action not taken: (mailbox unavailable|no such); not listed in (domino|public name);
    non répertorié dans l'annuaire; ディレクトリには見つかりません; ディレクトリのリストにありません;
    no se encuentra en el directorio; 000c05a6;
    recipientnotfound; exrecipnotfound; not a valid recipient; n'existe pas; inexistant; existiert nicht;
    unbekannter (empfänger|benutzer); non esiste; não existe; nie istnieje; не найден; не существует; несуществующ;
    不存在; 存在しません
    """,
    ),
)
