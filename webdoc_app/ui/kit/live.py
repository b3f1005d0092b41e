"""Is this page live? True from the moment its state is loaded until its socket drops, and again after."""

import reflex as rx
from reflex.vars import VarData
from reflex_components_core.core.banner import has_connection_errors

_SCRIPT = rx.asset("live.js", shared=True).importable_path

_socket_dropped: rx.Var[bool] = rx.Var(
    "socketDropped",
    _var_type=bool,
    _var_data=VarData(
        imports={_SCRIPT: [rx.ImportVar(tag="useSocketDropped")]},
        hooks={"const socketDropped = useSocketDropped();": None},
    ),
)

# A socket that never opened reports errors, one that closed reports a drop; `is_hydrated` turns true
# when the page's on_load handlers have run, on every connection anew.
socket_up: rx.Var[bool] = rx.State.is_hydrated & ~_socket_dropped & ~has_connection_errors
"""True while the page's state is loaded and its socket is open."""
