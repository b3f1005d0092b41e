// A form whose fields stay the browser's: the server is told what they hold a moment after typing ends.

import { createElement, useEffect, useRef } from "react";

const LONGEST_WAIT = 2000;

function valuesOf(form) {
  return Object.fromEntries([...new FormData(form)].filter(([, value]) => typeof value === "string"));
}

// `shape` changes when the server adds, removes or moves fields; `saved` when it stored what was typed;
// `epoch` when it read everything anew: then what was typed and not stored is handed to it again.
export function TypedForm({ shape, saved, epoch, delay, leaveQuestion, onTyped, onRestored, onSubmit, className, children }) {
  const form = useRef(null);
  const kept = useRef(null);
  const dirty = useRef(false);
  const tell = useRef(() => {});
  const clock = useRef({ timer: 0, since: 0 });
  tell.current = () => {
    clock.current = { timer: 0, since: 0 };
    if (!form.current) return;
    kept.current = valuesOf(form.current);
    onTyped?.(kept.current);
  };

  const typed = () => {
    dirty.current = true;
    kept.current = valuesOf(form.current);
    const now = Date.now();
    clearTimeout(clock.current.timer);
    const since = clock.current.since || now;
    const wait = Math.max(0, Math.min(delay, since + LONGEST_WAIT - now));
    clock.current = { timer: setTimeout(() => tell.current(), wait), since };
  };

  const first = useRef(true);
  const read = useRef(epoch);
  useEffect(() => {
    if (first.current) return;
    if (read.current === epoch) {
      dirty.current = true;
      tell.current();
    } else {
      read.current = epoch;
      if (dirty.current && kept.current) onRestored?.(kept.current);
    }
  }, [shape, epoch]);
  useEffect(() => {
    dirty.current = false;
  }, [saved]);
  useEffect(() => {
    first.current = false;
    return () => clearTimeout(clock.current.timer);
  }, []);

  useEffect(() => {
    const leaving = (event) => {
      if (dirty.current) event.preventDefault();
    };
    // Links within the application don't unload the page: ask there too.
    const pressed = (event) => {
      const link = event.target.closest?.("a[href]");
      if (!dirty.current || !link || event.ctrlKey || event.metaKey || link.target) return;
      if (window.confirm(leaveQuestion)) dirty.current = false;
      else {
        event.preventDefault();
        event.stopPropagation();
      }
    };
    window.addEventListener("beforeunload", leaving);
    window.addEventListener("click", pressed, true);
    return () => {
      window.removeEventListener("beforeunload", leaving);
      window.removeEventListener("click", pressed, true);
    };
  }, [leaveQuestion]);

  const submitted = (event) => {
    event.preventDefault();
    clearTimeout(clock.current.timer);
    kept.current = valuesOf(form.current);
    onSubmit?.({ ...kept.current, action: event.nativeEvent.submitter?.value ?? "" });
  };
  // Enter in a field of one line would press the first button: here it only ends the typing.
  const entered = (event) => {
    if (event.key === "Enter" && event.target.tagName === "INPUT") event.preventDefault();
  };
  return createElement(
    "form",
    { ref: form, className, onInput: typed, onSubmit: submitted, onKeyDown: entered, autoComplete: "off" },
    children,
  );
}
