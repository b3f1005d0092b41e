"""The tables. Importing this package makes all of them known to migrations."""

from webdoc_app.models.companies import ApiKey, Company, Customer, LoginSession, Logo, User
from webdoc_app.models.conversation import Message
from webdoc_app.models.decisions import Certificate, DecisionCode, DecisionRow
from webdoc_app.models.documents import Document, DocumentLine, DocumentVersion, NumberCounter, StoredPdf
from webdoc_app.models.files import StoredFile
from webdoc_app.models.followups import Followup, FollowupRule, ReminderStop
from webdoc_app.models.incoming import Claim, IncomingMail
from webdoc_app.models.mail_words import MailWording
from webdoc_app.models.notices import NoticeChoice, NoticeSent
from webdoc_app.models.outbox import IdempotentAnswer, OutboxMail
from webdoc_app.models.payments import Payment, PaymentAccount, PaymentAttempt, PaymentSerial, WebhookEvent
from webdoc_app.models.payouts import Payout, PayoutLine
from webdoc_app.models.reading import ReadMark
from webdoc_app.models.schedule import ScheduledTask
from webdoc_app.models.second_factor import LoginStep, RecoveryCode, SecondFactor
from webdoc_app.models.sharing import Opening, ShareLink, UsedNonce
from webdoc_app.models.signups import Signup
from webdoc_app.models.timeline import Notification, TimelineEvent, TimelineHead
from webdoc_app.models.webhooks import Webhook, WebhookDelivery

__all__ = [
    "ApiKey",
    "Certificate",
    "Claim",
    "Company",
    "Customer",
    "DecisionCode",
    "DecisionRow",
    "Document",
    "DocumentLine",
    "DocumentVersion",
    "Followup",
    "FollowupRule",
    "IdempotentAnswer",
    "IncomingMail",
    "LoginSession",
    "LoginStep",
    "Logo",
    "MailWording",
    "Message",
    "NoticeChoice",
    "NoticeSent",
    "Notification",
    "NumberCounter",
    "Opening",
    "OutboxMail",
    "Payment",
    "PaymentAccount",
    "PaymentAttempt",
    "PaymentSerial",
    "Payout",
    "PayoutLine",
    "ReadMark",
    "RecoveryCode",
    "ReminderStop",
    "ScheduledTask",
    "SecondFactor",
    "ShareLink",
    "Signup",
    "StoredFile",
    "StoredPdf",
    "TimelineEvent",
    "TimelineHead",
    "UsedNonce",
    "User",
    "Webhook",
    "WebhookDelivery",
    "WebhookEvent",
]
