// A button that sends a chosen file to an address and hands on what the server answered.

import { createElement, useRef, useState } from "react";

export function FileSender({ address, field, accept, label, busy, failure, look, testid, onSent, onRefused }) {
  const input = useRef(null);
  const [sending, setSending] = useState(false);
  const send = async () => {
    const file = input.current.files[0];
    if (!file) return;
    const body = new FormData();
    body.append(field, file);
    setSending(true);
    try {
      const answer = await fetch(address, { method: "POST", body, headers: { Accept: "application/json" } });
      const said = await answer.json().catch(() => ({}));
      if (answer.ok) onSent?.(String(said.id ?? ""));
      else onRefused?.(wordsOf(said) || failure);
    } catch {
      onRefused?.(failure);
    } finally {
      setSending(false);
      // The same file may be chosen again.
      input.current.value = "";
    }
  };
  return createElement(
    "label",
    { className: look, "aria-busy": sending },
    sending ? busy : label,
    createElement("input", {
      ref: input,
      type: "file",
      accept,
      disabled: sending,
      onChange: send,
      className: "file-input",
      "data-testid": testid,
    }),
  );
}

// A problem document (RFC 9457): the fields' reasons where there are some, else its detail.
function wordsOf(problem) {
  const reasons = (problem.errors ?? []).map((error) => error.message).filter(Boolean);
  return reasons.join(" ") || problem.detail || problem.title || "";
}
