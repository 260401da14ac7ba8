"""What may be read in a redacted recording because IMAP, MIME or a server's software says it, and nobody's mail does.

Data only, everything in one case; knows nothing of where in a line a word stands.
"""

from __future__ import annotations

from outlookimap.wire.commands import COMMANDS


def _words(text: str) -> frozenset[bytes]:
    return frozenset(text.encode("ascii").split())


def _lines(text: str) -> frozenset[bytes]:
    return frozenset(line.strip() for line in text.encode("ascii").split(b",") if line.strip())


KEYWORDS = frozenset(command.name for command in COMMANDS) | _words(
    "UID SORT THREAD COMPRESS NOTIFY UNAUTHENTICATE GETQUOTA GETQUOTAROOT SETQUOTA GETACL SETACL DELETEACL LISTRIGHTS"
    " MYRIGHTS GETMETADATA SETMETADATA GENURLAUTH RESETKEY URLFETCH REPLACE"
)
"""Commands, in upper case."""

ATOMS = KEYWORDS | _words(
    "OK NO BAD BYE PREAUTH NIL EXISTS RECENT VANISHED ENABLED ESEARCH QUOTA QUOTAROOT ACL METADATA FLAGS DONE"
    # data items
    " ENVELOPE INTERNALDATE RFC822 RFC822.HEADER RFC822.SIZE RFC822.TEXT RFC822.PEEK BODY BODY.PEEK BODYSTRUCTURE"
    " BINARY BINARY.PEEK BINARY.SIZE MODSEQ EMAILID THREADID SAVEDATE PREVIEW X-GM-MSGID X-GM-THRID X-GM-LABELS"
    " FAST FULL HEADER HEADER.FIELDS HEADER.FIELDS.NOT TEXT MIME"
    " +FLAGS -FLAGS FLAGS.SILENT +FLAGS.SILENT -FLAGS.SILENT"
    " MESSAGES UIDNEXT UIDVALIDITY UNSEEN HIGHESTMODSEQ SIZE DELETED MAILBOXID"
    # search, sort, thread
    " ALL ANSWERED BCC BEFORE CC DRAFT FLAGGED FROM KEYWORD LARGER NEW NOT OLD ON OR SEEN SENTBEFORE SENTON SENTSINCE"
    " SINCE SMALLER SUBJECT TO UNANSWERED UNDELETED UNDRAFT UNFLAGGED UNKEYWORD CHARSET MIN MAX COUNT SAVE RETURN"
    " OLDER YOUNGER FUZZY ARRIVAL DATE REVERSE ORDEREDSUBJECT REFERENCES REFS TAG"
    # options
    " SUBSCRIBED REMOTE RECURSIVEMATCH CHILDREN SPECIAL-USE STATUS CONDSTORE QRESYNC CHANGEDSINCE UNCHANGEDSINCE"
    " DEFLATE"
    " CATENATE URL UTF8 USE PARTIAL"
    # response codes
    " ALERT BADCHARSET CAPABILITY PARSE PERMANENTFLAGS READ-ONLY READ-WRITE TRYCREATE UIDNOTSTICKY APPENDUID COPYUID"
    " CLOSED NOMODSEQ MODIFIED REFERRAL UNAVAILABLE AUTHENTICATIONFAILED AUTHORIZATIONFAILED EXPIRED PRIVACYREQUIRED"
    " CONTACTADMIN NOPERM INUSE EXPUNGEISSUED CORRUPTION SERVERBUG CLIENTBUG CANNOT LIMIT OVERQUOTA ALREADYEXISTS"
    " NONEXISTENT UNKNOWN-CTE TOOBIG COMPRESSIONACTIVE NOTSAVED HASCHILDREN THROTTLED"
    # mechanisms and charsets
    " PLAIN LOGIN NTLM GSSAPI GSS-SPNEGO CRAM-MD5 DIGEST-MD5 SCRAM-SHA-1 SCRAM-SHA-256 EXTERNAL ANONYMOUS XOAUTH2"
    " OAUTHBEARER IMAP4 IMAP4REV1 IMAP4REV2 UTF-8 US-ASCII ISO-8859-1 ISO-8859-15 WINDOWS-1252"
)
"""Atoms of RFC 3501 and its extensions, in upper case."""

MIME = _words(
    "NIL text plain html calendar enriched csv xml rtf multipart mixed alternative related report signed encrypted"
    " digest form-data message rfc822 delivery-status disposition-notification partial external-body global application"
    " octet-stream pdf zip gzip json msword pkcs7-mime pkcs7-signature pgp-signature ms-tnef ics image jpeg jpg gif png"
    " bmp svg+xml tiff audio mpeg wav video mp4 vnd.ms-excel vnd.ms-outlook x-unknown"
    " 7bit 8bit binary base64 quoted-printable inline attachment"
    " charset name filename boundary format flowed fixed delsp yes no type start report-type size creation-date"
    " modification-date read-date method request reply micalg protocol"
    " us-ascii utf-8 utf-7 utf-16 iso-8859-1 iso-8859-2 iso-8859-15 windows-1250 windows-1251 windows-1252 koi8-r"
    " gb2312 gbk gb18030 big5 iso-2022-jp shift_jis euc-jp euc-kr 1.0"
)
"""Types, encodings, charsets and names of parameters, in lower case (but NIL)."""

HEADERS = _words(
    "from to cc bcc sender reply-to date subject message-id in-reply-to references received return-path mime-version"
    " content-type content-transfer-encoding content-disposition content-id content-description content-language"
    " content-location content-class content-md5 importance priority sensitivity x-priority x-msmail-priority x-mailer"
    " x-mimeole user-agent thread-topic thread-index delivered-to resent-from resent-to resent-cc resent-date"
    " resent-message-id resent-sender list-id list-post list-help list-unsubscribe list-subscribe list-archive"
    " list-owner precedence auto-submitted authentication-results received-spf dkim-signature arc-seal"
    " arc-message-signature"
    " arc-authentication-results disposition-notification-to return-receipt-to organization comments keywords status"
    " x-status lines newsgroups path envelope-to errors-to x-spam-status x-spam-flag x-spam-level x-spam-score"
    " x-originating-ip x-ms-has-attach x-ms-tnef-correlator accept-language"
)
"""Names of header fields, in lower case."""

FLAGS = _words(
    r"\answered \flagged \deleted \seen \draft \recent \* \noinferiors \noselect \marked \unmarked \haschildren"
    r" \hasnochildren \nonexistent \subscribed \remote \all \allmail \archive \drafts \flagged \junk \sent \trash"
    r" \important \inbox \spam \starred \muted \scheduled"
    " $mdnsent $forwarded $submitpending $submitted $junk $notjunk $phishing $important forwarded junk nonjunk notjunk"
    " $label1 $label2 $label3 $label4 $label5 old $hasattachment $hasnoattachment"
)
"""Flags and attributes of mailboxes, in lower case; any other keyword is somebody's own."""

MAILBOXES = _lines(
    "inbox, sent, sent items, sent messages, sent mail, drafts, draft, deleted items, deleted messages, trash, junk,"
    " junk e-mail, junk email, spam, bulk mail, archive, archives, outbox, notes, calendar, contacts, tasks, journal,"
    " templates, rss feeds, sync issues, conflicts, local failures, server failures, conversation history,"
    " public folders, shared folders, other users, user, shared, public, [gmail], [google mail], all mail, starred,"
    " important, bin, #news, #shared, #public"
)
"""Levels of folder names that are everybody's, in lower case."""

STATUS = ATOMS | _words(
    "A AN AND ARE AS AT BE BEEN BY CAN CANNOT COULD DID DOES FOR HAS HAVE HERE I IF IN IS IT ITS MAY MORE MUST NOTHING"
    " NOW OF ONE ONLY OTHER OUT SHOULD SO SOME SUCH THAN THAT THE THEN THERE THESE THIS TOO UNTIL UP USING VERY WAS"
    " WERE WHAT WHEN WHICH WHILE WILL WITH WITHOUT YOU YOUR"
    " ACCEPTED ACCESS ACCOUNT ACTION ADDED AGAIN ALREADY ALLOWED ANOTHER APPENDED ARGUMENT ARGUMENTS ATTEMPTS"
    " AUTHENTICATED AUTHENTICATION AUTOLOGOUT AWAITING BEGIN BEGINS BETTER BUG BUSY BYTES CAPABILITIES CHANGED"
    " CHARACTER"
    " CLIENT CLOSING COMMAND COMMANDS COMPLETE COMPLETED CONNECTION CONTENTS CONTINUE CONTINUATION COPIED COPYRIGHT"
    " COULDN'T CREATED CREDENTIALS DATA DENIED DETAILS DISABLED DISCONNECTED DISCONNECTING DOESN'T DUE EMPTY ENOUGH"
    " ENCRYPTED ERROR EXCEEDED EXIST EXPECTED EXPUNGED FAILED FAILURE FETCHED FIRST FOLDER FOLDERS FOUND GO GOODBYE"
    " HIERARCHY HIGHEST IDLING IDENTIFICATION IGNORED IMAP IMAP4 IMAP4REV1 INACTIVITY INPUT INTERNAL INVALID KNOWN"
    " LATER LIMITED LINE"
    " LITERAL LOCKED LOGGED LOGGING LONG MAIL MAILBOX MAILBOXES MANY MARK MECHANISM MEMORY MESSAGE MISSING MODE"
    " MSECS NAME NAMES NEED NEGOTIATION NEXT NOTHING NUMBER OCCURRED OK. OPTION OPENED OPERATION PARAMETER"
    " PARAMETERS PERFORMED PERMANENT PERMISSION PERMITTED PLEASE PREDICTED PROCEED PROTOCOL REACHED READ READY"
    " REFRESHING RECEIVED REJECTED REMOVED RENAMED REPORTED REQUEST REQUESTED REQUIRED REQUIRES RESPONSE RETRY SECONDS"
    " SECS SECURE SELECTED SENT SEQUENCE SERVER SERVICE SESSION SET SHUT SHUTTING DOWN SIGN SPECIFIED STARTED STATE"
    " STILL STORED SUCCEEDED SUCCESS SUCCESSFUL SUCCESSFULLY SUPPORTED SYNTAX SYSTEM TAGGED TEMPORARILY TEMPORARY"
    " TERMINATING TIME TIMED TIMEOUT TIMED-OUT TLS TOKEN TOO TRY UIDS UNABLE UNEXPECTED UNIMPLEMENTED UNKNOWN"
    " UNRECOGNIZED UNSELECTED UNSUPPORTED UPDATED USER USERNAME PASSWORD USED USERS VALID VALIDITY VERSION WAIT"
    " WAITING WAITED"
    " WRONG YET ZERO AFTER BEFORE FOUND OCTETS SESSIONS CONNECTIONS"
    " DOVECOT CYRUS MICROSOFT EXCHANGE OUTLOOK COURIER STALWART HMAILSERVER GIMAP ZIMBRA DOVECOT-EE PYMAP DEBIAN UBUNTU"
    " SERVER. 2003 2007 2010 2013 2016 2019 VENDOR SUPPORT-URL OS OS-VERSION ADDRESS ENVIRONMENT PID"
    " ADDITIONAL UNIQUE IDENTIFIER IDENTIFIERS VALUE IDS FINISHED DONE. FREE BYE. LOGOUT. NEWLINE STRING LIST"
    " MS SECONDS MINUTES HOURS PAUSE PAUSES SAME NOBODY SOMEBODY ELSE'S"
)
"""Words of status texts, in upper case; whatever else stands in one may be a name."""


CAPABILITIES = frozenset(
    b"""
    IMAP4 IMAP4REV1 IMAP4REV2 STARTTLS LOGINDISABLED LOGIN-REFERRALS MAILBOX-REFERRALS AUTH=PLAIN AUTH=LOGIN
    AUTH=NTLM AUTH=GSSAPI AUTH=DIGEST-MD5 AUTH=CRAM-MD5 AUTH=ANONYMOUS AUTH=EXTERNAL AUTH=SCRAM-SHA-1
    AUTH=SCRAM-SHA-256 AUTH=SCRAM-SHA-1-PLUS AUTH=SCRAM-SHA-256-PLUS AUTH=XOAUTH2 AUTH=OAUTHBEARER AUTH=XOAUTH
    AUTH=PLAIN-CLIENTTOKEN SASL-IR UIDPLUS UIDONLY MOVE ID IDLE NAMESPACE CHILDREN UNSELECT LITERAL+ LITERAL-
    ENABLE CONDSTORE QRESYNC QUOTA QUOTASET QUOTA=RES-STORAGE QUOTA=RES-MESSAGE QUOTA=RES-MAILBOX ACL
    RIGHTS=KXTE RIGHTS=KXTEN RIGHTS=TEKX SORT SORT=DISPLAY THREAD=REFERENCES THREAD=REFS THREAD=ORDEREDSUBJECT
    MULTIAPPEND URL-PARTIAL URLAUTH URLAUTH=BINARY CATENATE ESEARCH ESORT WITHIN SEARCHRES SEARCH=FUZZY
    CONTEXT=SEARCH CONTEXT=SORT LIST-EXTENDED LIST-STATUS LIST-MYRIGHTS LIST-METADATA SPECIAL-USE
    CREATE-SPECIAL-USE METADATA METADATA-SERVER ANNOTATE-EXPERIMENT-1 NOTIFY FILTERS CONVERT COMPARATOR
    I18NLEVEL=1 I18NLEVEL=2 BINARY STATUS=SIZE OBJECTID REPLACE SAVEDATE PREVIEW PREVIEW=FUZZY INPROGRESS
    UNAUTHENTICATE MULTISEARCH PARTIAL APPENDLIMIT COMPRESS=DEFLATE XLIST X-GM-EXT-1 XAPPLEPUSHSERVICE XYZZY
    SNIPPET=FUZZY UTF8=ACCEPT UTF8=ONLY X-NETSCAPE XSENDER X-REPLICATION X-SIEVE-MAILBOX X-QUOTA=STORAGE
    X-QUOTA=X-NUM-FOLDERS SCAN LOGIN NO_ATOMIC_RENAME XMOVE XCONVERSATIONS XSTATS DIGEST=SHA1 MESSAGELIMIT
    JMAPACCESS
    """.split()
)
"""What servers say they can do: names that stand in public lists."""
