// What the client's page does by itself: choosing an answer, keeping what is typed, saying it is seen.

import { createContext, createElement, useContext, useEffect, useRef, useState } from "react";

const Chosen = createContext("");

// The answers as buttons, and the panel of the one that was pressed. Opened by the browser alone, so that a
// lost socket closes nothing; a change of `stored` says that an answer is in the database, and closes what gave
// it. Among `children` are the AnswerPanels.
export function Answers({ choices, stored, children }) {
  const [chosen, setChosen] = useState(openedBefore);
  const [pressed, setPressed] = useState(false);
  const whole = useRef(null);
  useEffect(() => {
    if (pressed) whole.current?.querySelector(".panel input:not([type=hidden])")?.focus();
  }, [pressed, chosen]);
  const seen = useRef(stored);
  useEffect(() => {
    if (stored && stored !== seen.current) setChosen("");
    seen.current = stored;
  }, [stored]);
  const press = (value) => {
    setPressed(true);
    setChosen(value === chosen ? "" : value);
  };
  const escape = (event) => {
    if (event.key !== "Escape" || !chosen) return;
    setChosen("");
    event.currentTarget.querySelector("[aria-expanded=true]")?.focus();
  };
  const button = ({ value, label }) =>
    createElement(
      "button",
      {
        key: value,
        type: "button",
        className: `btn choice ${value}${value === "accept" ? " go" : ""}`,
        "aria-expanded": value === chosen,
        "data-testid": value,
        onClick: () => press(value),
      },
      label,
    );
  return createElement(
    "div",
    { className: "answers", onKeyDown: escape, ref: whole },
    createElement("div", { className: "choices" }, choices.map(button)),
    createElement(Chosen.Provider, { value: chosen }, children),
  );
}

// What one of the answers opens.
export function AnswerPanel({ value, children }) {
  return useContext(Chosen) === value ? createElement("div", { className: "panel" }, children) : null;
}

// The answer opened in the first HTML, before this took its place.
function openedBefore() {
  return document.querySelector("#slot-answer details[open]")?.dataset.answer ?? "";
}

// What was answered. The answer given here and now is brought before the eyes, and told to screen readers.
export function Result({ stored, className, testid, children }) {
  const box = useRef(null);
  useEffect(() => {
    if (!stored || stored !== lastAnswer) return;
    box.current?.scrollIntoView({ block: "center" });
    box.current?.focus({ preventScroll: true });
  }, [stored]);
  const marks = { role: "status", tabIndex: -1, "data-testid": testid };
  return createElement("div", { ref: box, className, ...marks }, children);
}

// The nonce of the last answer this page sent.
let lastAnswer = "";

// A form that is emptied only once the database has what it sent. `hidden` holds its nonce, kept until the
// server names it in `stored` or `refused`: the same form pressed twice, or sent again on a new connection,
// is known for the same.
export function SureForm({ formId, hidden, stored, refused, onSend, className, children }) {
  const form = useRef(null);
  const sent = useRef("");
  const [kept, setKept] = useState(hidden);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    if (!sent.current || (stored !== sent.current && refused.split(" ")[0] !== sent.current)) return;
    if (stored === sent.current) form.current?.reset();
    sent.current = "";
    setBusy(false);
    setKept(hidden);
  }, [stored, refused]);
  const submit = (event) => {
    event.preventDefault();
    const typed = fieldsOf(form.current);
    sent.current = kept.nonce;
    if (kept.decision) lastAnswer = kept.nonce;
    setBusy(true);
    onSend?.({ ...typed, ...kept });
  };
  return createElement("form", { ref: form, id: formId, className, onSubmit: submit, "aria-busy": busy }, children);
}

// What a form holds; a name that comes several times, or is a box to tick, as a list.
function fieldsOf(form) {
  const fields = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value !== "string") continue;
    if (name === "option") (fields.option ??= []).push(value);
    else fields[name] = value;
  }
  return { ...fields, timezone: Intl.DateTimeFormat().resolvedOptions().timeZone };
}

// Tells the server that a person sees the page: at once at a gesture, else after two seconds in view. From then on
// gives a sign of life as long as it is in view, and says goodbye when it no longer is.
export function Seen({ ready, onSeen, onLook }) {
  const told = useRef({});
  told.current = { onSeen, onLook };
  useEffect(() => {
    if (!ready) return undefined;
    const looking = keepLooking((inView) => told.current.onLook?.(inView));
    const stop = watchForSight((trusted) => {
      told.current.onSeen?.(trusted, navigator.webdriver === true);
      looking.begin();
    });
    return () => {
      stop();
      looking.end();
    };
  }, [ready]);
  return null;
}

const GESTURES = ["pointerdown", "keydown", "touchstart", "wheel"];
const IN_VIEW = 2000;
const TICK = 250;
const SIGN = 4000;
let gestured = false;
let viewed = false;

function watchForSight(tell) {
  let seen = 0;
  const stop = () => {
    clearInterval(clock);
    GESTURES.forEach((name) => document.removeEventListener(name, gesture, true));
  };
  const gesture = (event) => {
    if (!event.isTrusted || gestured) return;
    gestured = true;
    stop();
    tell(true);
  };
  const clock = setInterval(() => {
    if (document.visibilityState === "visible" && !document.prerendering) seen += TICK;
    if (seen < IN_VIEW || viewed || gestured) return;
    viewed = true;
    clearInterval(clock);
    tell(false);
  }, TICK);
  if (gestured) stop();
  else GESTURES.forEach((name) => document.addEventListener(name, gesture, { capture: true, passive: true }));
  return stop;
}

function keepLooking(tell) {
  let clock = 0;
  const visible = () => document.visibilityState === "visible";
  const sign = () => visible() && tell(true);
  const change = () => tell(visible());
  const goodbye = () => tell(false);
  const begin = () => {
    if (clock) return sign();
    clock = setInterval(sign, SIGN);
    document.addEventListener("visibilitychange", change);
    addEventListener("pagehide", goodbye);
    return sign();
  };
  const end = () => {
    clearInterval(clock);
    document.removeEventListener("visibilitychange", change);
    removeEventListener("pagehide", goodbye);
  };
  // On a new connection of a page already seen.
  if (viewed || gestured) begin();
  return { begin, end };
}

// Compares the document in the page with the one the server has; asks for the newer one where they differ.
export function SheetWatch({ mark, shown, onStale }) {
  useEffect(() => {
    const { mark: first, version } = document.getElementById("slot-sheet")?.dataset ?? {};
    if (mark && first && mark !== (shown || first)) onStale?.(shown ? 0 : Number(version));
  }, [mark, shown]);
  return null;
}

export function PrintButton({ label }) {
  const path = "M7 8V3h10v5M7 18H4v-8h16v8h-3M7 14h10v7H7z";
  const drawing = { width: 18, height: 18, viewBox: "0 0 24 24", fill: "none", stroke: "currentColor", strokeWidth: 2 };
  return createElement(
    "button",
    { type: "button", className: "icon", "aria-label": label, "data-testid": "print", onClick: () => window.print() },
    createElement(
      "svg",
      { ...drawing, strokeLinecap: "round", strokeLinejoin: "round", "aria-hidden": true },
      createElement("path", { d: path }),
    ),
    createElement("span", null, label),
  );
}

// The boxes stand in the document itself, whoever drew it: their changes are heard where they bubble to.
export function OptionTicks({ onChoose }) {
  const told = useRef(onChoose);
  told.current = onChoose;
  useEffect(() => {
    const tell = () => told.current?.([...document.querySelectorAll("input[name=option]:checked")].map((b) => b.value));
    const heard = (event) => event.target.name === "option" && tell();
    document.addEventListener("change", heard);
    if (document.querySelector("input[name=option]:checked")) tell();
    return () => document.removeEventListener("change", heard);
  }, []);
  return null;
}

export function Reasons({ reasons, label }) {
  const use = (event) => {
    const field = event.currentTarget.form?.elements.reason;
    if (!field) return;
    field.value = field.value ? `${event.currentTarget.textContent}. ${field.value}` : event.currentTarget.textContent;
    field.focus();
  };
  const button = (reason) => createElement("button", { key: reason, type: "button", onClick: use }, reason);
  return createElement("div", { className: "reasons", role: "group", "aria-label": label }, reasons.map(button));
}

const PAD = { width: 600, height: 180 };

// Drawn with a finger, a pen or a mouse; or typed, and then written on the same paper.
export function SignaturePad({ texts }) {
  const paper = useRef(null);
  const [picture, setPicture] = useState("");
  const pen = useRef(null);
  const context = () => {
    const found = paper.current.getContext("2d");
    Object.assign(found, { lineWidth: 3, lineCap: "round", lineJoin: "round", strokeStyle: "#1b2130", fillStyle: "#1b2130" });
    return found;
  };
  const placeOf = ({ clientX, clientY }) => {
    const box = paper.current.getBoundingClientRect();
    return [((clientX - box.left) * PAD.width) / box.width, ((clientY - box.top) * PAD.height) / box.height];
  };
  const down = (event) => {
    paper.current.setPointerCapture(event.pointerId);
    pen.current = placeOf(event);
    move(event);
  };
  const move = (event) => {
    if (!pen.current) return;
    const ink = context();
    ink.beginPath();
    ink.moveTo(...pen.current);
    pen.current = placeOf(event);
    ink.lineTo(...pen.current);
    ink.stroke();
  };
  const up = () => {
    if (pen.current) setPicture(paper.current.toDataURL("image/png"));
    pen.current = null;
  };
  const clear = () => {
    context().clearRect(0, 0, PAD.width, PAD.height);
    setPicture("");
  };
  const write = (event) => {
    clear();
    if (!event.target.value.trim()) return;
    const ink = context();
    ink.font = "italic 56px 'Segoe Script', 'Snell Roundhand', 'Brush Script MT', cursive";
    ink.textBaseline = "middle";
    ink.fillText(event.target.value, 24, PAD.height / 2, PAD.width - 48);
    setPicture(paper.current.toDataURL("image/png"));
  };
  const strokes = { onPointerDown: down, onPointerMove: move, onPointerUp: up, onPointerCancel: up };
  return createElement(
    "details",
    { className: "signing" },
    createElement("summary", null, texts.title),
    createElement(
      "div",
      null,
      createElement("canvas", { ref: paper, ...PAD, ...strokes, role: "img", "aria-label": texts.paper }),
      createElement("input", { type: "hidden", name: "signature", value: picture }),
      createElement(
        "label",
        null,
        createElement("span", null, texts.typed),
        createElement("input", { type: "text", maxLength: 60, onChange: write, autoComplete: "off" }),
      ),
      createElement("button", { type: "button", className: "btn quiet", onClick: clear }, texts.clear),
    ),
  );
}
