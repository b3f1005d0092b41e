// A file in a composer: the form it stands in goes over HTTP when one is chosen, files never pass the socket.

import { createElement, useEffect, useRef, useState } from "react";

const TYPES = "application/pdf,image/png,image/jpeg";

// `hidden` goes along with the form's own fields; it is kept while an attempt's outcome is unknown, so that the
// same form sent again is known for the same.
export function FileField({ address, hidden, label, removeLabel, failure, onPosted }) {
  const input = useRef(null);
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const kept = useRef(null);
  const told = useRef({});
  told.current = { address, hidden, failure, onPosted };

  const chosen = () => {
    const file = input.current.files[0];
    setName(file?.name ?? "");
    setProblem("");
    const words = input.current.form?.elements.body;
    if (words) words.required = !file;
  };
  const leave = () => {
    input.current.value = "";
    chosen();
  };

  useEffect(() => {
    const form = input.current.form;
    const emptied = () => setTimeout(() => input.current && chosen());
    const send = async (event) => {
      if (!input.current.files.length) {
        // Left out of the form: an empty file too would pass the socket as bytes, which is not let through.
        const empty = input.current;
        empty.disabled = true;
        setTimeout(() => (empty.disabled = false));
        return;
      }
      event.preventDefault();
      event.stopImmediatePropagation();
      if (form.ariaBusy === "true") return;
      form.ariaBusy = "true";
      setBusy(true);
      setProblem("");
      const said = await post(form, (kept.current ??= told.current.hidden ?? {}), told.current);
      if (said.known) kept.current = null;
      form.ariaBusy = "false";
      setBusy(false);
      setProblem(said.problem);
      if (said.problem) return;
      form.reset();
      told.current.onPosted?.();
    };
    form.addEventListener("submit", send, true);
    form.addEventListener("reset", emptied);
    return () => {
      form.removeEventListener("submit", send, true);
      form.removeEventListener("reset", emptied);
    };
  }, []);

  return createElement(
    "div",
    { className: "attach", "aria-busy": busy },
    createElement(
      "label",
      null,
      createElement("span", null, name ? createElement("bdi", null, name) : label),
      createElement("input", {
        ref: input,
        type: "file",
        name: "file",
        accept: TYPES,
        onChange: chosen,
        "data-testid": "message-file",
      }),
    ),
    name && createElement("button", { type: "button", onClick: leave, "aria-label": removeLabel }, "×"),
    problem && createElement("p", { className: "alert", role: "alert" }, problem),
  );
}

// Whether the server's answer is known, and why it refused.
async function post(form, hidden, { address, failure }) {
  const body = new FormData(form);
  for (const [name, value] of Object.entries(hidden)) body.set(name, value);
  try {
    const options = { method: "POST", body, headers: { Accept: "application/json" }, redirect: "manual" };
    const answer = await fetch(address, options);
    if (answer.ok || answer.type === "opaqueredirect") return { known: true, problem: "" };
    const said = await answer.json().catch(() => ({}));
    const reasons = (said.errors ?? []).map((error) => error.message).filter(Boolean);
    return { known: true, problem: reasons.join(" ") || said.title || failure };
  } catch {
    return { known: false, problem: failure };
  }
}
