// What a conversation does by itself: say that someone writes, notice that a message was read, keep a name.

import { createElement, useEffect, useRef, useState } from "react";

const TELL_EVERY = 2500;
const SHOWN_FOR = 5000;

// Tells the server that someone types a message in the conversation around it - never of an internal note.
export function TypingSense({ onType }) {
  const place = useRef(null);
  const told = useRef(onType);
  told.current = onType;
  useEffect(() => {
    const around = place.current.closest("[data-testid=conversation]");
    let last = 0;
    const heard = ({ target }) => {
      if (target.name !== "body" || !target.value.trim() || target.form?.elements.internal?.checked) return;
      if (Date.now() - last < TELL_EVERY) return;
      last = Date.now();
      told.current?.();
    };
    around?.addEventListener("input", heard);
    return () => around?.removeEventListener("input", heard);
  }, []);
  return createElement("span", { ref: place, hidden: true });
}

// Shows `label` for a moment whenever `count` grows; a new message (`newest`) ends it.
export function TypingHint({ count, newest, label, className }) {
  const [shown, setShown] = useState(false);
  useEffect(() => {
    if (!count) return undefined;
    setShown(true);
    const timer = setTimeout(() => setShown(false), SHOWN_FOR);
    return () => clearTimeout(timer);
  }, [count]);
  useEffect(() => setShown(false), [newest]);
  return createElement("p", { className, role: "status", "data-testid": "typing" }, shown && count ? label : null);
}

// Tells once for each `newest` that this message of the other side stands before someone's eyes.
export function ReadSense({ newest, onRead }) {
  const told = useRef(onRead);
  told.current = onRead;
  useEffect(() => {
    const message = newest && document.querySelector(`[data-message="${newest}"]`);
    if (!message) return undefined;
    let inView = false;
    const look = () => {
      if (!inView || document.visibilityState !== "visible") return;
      stop();
      told.current?.(newest);
    };
    const observer = new IntersectionObserver(([entry]) => {
      inView = entry.isIntersecting;
      look();
    });
    const stop = () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", look);
    };
    observer.observe(message);
    document.addEventListener("visibilitychange", look);
    return stop;
  }, [newest]);
  return null;
}

const KEY = "webdoc.name";

// The name a visitor signs messages with, kept by this browser alone; a form that is emptied keeps it.
export function NameField({ label, placeholder }) {
  const field = useRef(null);
  const keep = () => {
    field.current.defaultValue = field.current.value;
    try {
      localStorage.setItem(KEY, field.current.value);
    } catch {
      // A browser that keeps nothing: the name is typed again.
    }
  };
  return createElement("input", {
    ref: field,
    name: "name",
    maxLength: 200,
    autoComplete: "name",
    placeholder,
    "aria-label": label,
    defaultValue: keptName(),
    onChange: keep,
    "data-testid": "message-name",
  });
}

function keptName() {
  try {
    return localStorage.getItem(KEY) ?? "";
  } catch {
    return "";
  }
}
