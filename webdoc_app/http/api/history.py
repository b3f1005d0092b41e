"""The company's history over REST: the signed end of it, to be kept where this server is not."""

from fastapi import APIRouter
from pydantic import BaseModel, Field
from starlette.responses import Response

from webdoc_app.http.api.programs import Program
from webdoc_app.services.history_care import anchor_of

router = APIRouter()
KEY_HEADER = "Webdoc-Public-Key"


class Head(BaseModel):
    """The end of the history. Whoever kept one can prove later that what stood before was cut off or rewritten."""

    seq: int = Field(description="the place of the last event; 0 where nothing happened yet")
    hash: str = Field(
        description="its SHA-256, which covers every event before it; empty where there is none"
    )
    at: str = Field(description="when this answer was signed, UTC")
    signature: str = Field(
        description="Ed25519, hex, over the UTF-8 text `webdoc head`, a line feed, and the JSON"
        ' `{"at":…,"company_id":…,"hash":…,"seq":…}` (these keys in this order, no blanks). The public key is in the'
        f" header `{KEY_HEADER}`, in `key` of every certificate, and in the mail the owner gets each month."
        " `python -m webdoc_app verify --anchors FILE` checks answers kept in a file, one a line."
    )


@router.get("/head", responses={200: {"headers": {KEY_HEADER: {"schema": {"type": "string"}}}}})
async def head(program: Program, response: Response) -> Head:
    """The end of the company's history, signed now."""
    anchor = await anchor_of(program.company_id)
    response.headers[KEY_HEADER] = anchor.key
    response.headers["Cache-Control"] = "no-store"
    return Head(seq=anchor.seq, hash=anchor.hash, at=anchor.at, signature=anchor.signature)
