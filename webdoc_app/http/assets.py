"""The built scripts and styles: their names carry a hash of their content, so browsers keep them for good."""

import os
from pathlib import Path

from reflex.utils.precompressed_staticfiles import PrecompressedStaticFiles
from starlette.responses import Response
from starlette.types import Scope

FOREVER = "public, max-age=31536000, immutable"


class HashedAssets(PrecompressedStaticFiles):
    """Files of `build/client/assets`, as brotli or gzip where the browser takes them."""

    def __init__(self, built_pages: Path) -> None:
        # While the pages are being compiled there is no such folder yet.
        directory = built_pages / "build/client/assets"
        super().__init__(directory=directory, check_dir=False, encodings=("brotli", "gzip"))

    def file_response(
        self,
        full_path: str | os.PathLike[str],
        stat_result: os.stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        response = super().file_response(full_path, stat_result, scope, status_code)
        response.headers["Cache-Control"] = FOREVER
        return response
