"""Mails as mail programs write them, and as they should not."""

from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

CLAIRE = "Claire Fontaine <claire@fontaine.example>"
GMAIL = """Oui, c’est parfait pour nous.
Merci

Le mar. 24 nov. 2026 à 10:12, Atelier Morel <
reply+abcdefghijklmnopqrstuvwxyz234567@in.example.fr> a écrit :

> Bonjour Claire,
>
> Voici votre devis.
"""
GMAIL_ENGLISH = """Fine with me.

On Tue, Nov 24, 2026 at 10:12 AM Atelier Morel <reply@in.example.fr> wrote:

> Hello Claire,
> here is your quote.
"""
IPHONE = """D’accord pour lundi.

Envoyé de mon iPhone

> Le 24 nov. 2026 à 10:12, Atelier Morel <reply@in.example.fr> a écrit :
>
> \ufeffBonjour Claire,
"""
OUTLOOK = """Bonjour,

C’est bon pour moi.

Cordialement,
Claire


De : Atelier Morel <reply@in.example.fr>\u0020
Envoyé : mardi 24 novembre 2026 10:12
À : Claire Fontaine <claire@fontaine.example>
Objet : Votre devis D-2026-00001

Bonjour Claire,
Voici votre devis.
"""
OUTLOOK_ENGLISH = """Fine.
________________________________
From: Atelier Morel <reply@in.example.fr>
Sent: Tuesday, November 24, 2026 10:12 AM
To: Claire Fontaine <claire@fontaine.example>
Subject: Your quote

Hello
"""
OLD_OUTLOOK = "C’est noté.\n\n-----Message d'origine-----\nDe : Atelier Morel\nEnvoyé : mardi\n\nBonjour\n"
THUNDERBIRD_BELOW = """Le 24/11/2026 à 10:12, Atelier Morel a écrit :
> Quelle couleur ?
Bleu.
> Quel jour ?
Lundi.
--\u0020
Claire Fontaine
06 12 34 56 78
"""
GMAIL_HTML = (
    '<div dir="ltr">Oui, <b>parfait</b>.<div>Merci</div></div><br><div class="gmail_quote"><div class="gmail_attr">'
    'Le mar. 24 nov. 2026 à 10:12, Atelier &lt;<a href="mailto:a@b.fr">a@b.fr</a>&gt; a écrit&nbsp;:<br></div>'
    '<blockquote class="gmail_quote">Bonjour<br>Voici votre devis.</blockquote></div>'
)
OUTLOOK_HTML = (
    '<html><body><div class=WordSection1><p class=MsoNormal>C’est bon.<o:p></o:p></p><div style="border:none;border-top:'
    'solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p><b>De&nbsp;:</b> Atelier &lt;a@b.fr&gt;<br><b>Envoyé&nbsp;:</b> '
    "mardi<br><b>À&nbsp;:</b> Claire<br><b>Objet&nbsp;:</b> Devis</p></div><p>Bonjour</p></div></body></html>"
)
APPLE_HTML = (
    "<html><body>D’accord.<br><br><div>Envoyé de mon iPhone</div><div><br><blockquote type=cite>Le 24 nov. 2026 à 10:12,"
    " Atelier &lt;a@b.fr&gt; a écrit :<br><br></blockquote></div><blockquote type=cite><div>Bonjour</div></blockquote></body></html>"
)


def mail(
    to: str,
    text: str = GMAIL,
    *,
    sender: str = CLAIRE,
    html: str = "",
    id_: str = "<CAF-1@mail.fontaine.example>",
    subject: str = "Re: Votre devis",
    files: tuple[tuple[str, bytes], ...] = (),
    **headers: str,
) -> bytes:
    """An answer as bytes; `headers` with `_` for `-`."""
    made = EmailMessage()
    made["From"], made["To"], made["Subject"], made["Message-ID"] = sender, to, subject, id_
    made["Date"] = format_datetime(datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    for name, value in headers.items():
        made[name.replace("_", "-")] = value
    if text or not html:
        made.set_content(text)
    if html:
        (made.add_alternative if text else made.set_content)(html, subtype="html")
    for name, data in files:
        made.add_attachment(data, maintype="application", subtype="octet-stream", filename=name)
    return made.as_bytes()


def bounce(
    to: str, recipient: str, original_id: str = "<x@y>", *, action: str = "failed", status: str = "5.1.1"
) -> bytes:
    """A report of a mail server, as Postfix writes it (RFC 3464), in lines that end as SMTP's do."""
    return f"""Return-Path: <>
From: MAILER-DAEMON@mx.example.org (Mail Delivery System)
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <20261124.BOUNCE@mx.example.org>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain; charset=us-ascii

I'm sorry to have to inform you that your message could not be delivered.

--B
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} <{recipient}>: no such
    mailbox

--B
Content-Type: text/rfc822-headers

Message-ID: {original_id}
Subject: Votre devis

--B--
""".replace("\n", "\r\n").encode()
