// Copies a text. Where the browser refuses the clipboard, the text is selected: one key press remains.

import { createElement, useEffect, useState } from "react";

export function CopyButton({ text, label, done, source, look, testid }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return undefined;
    const timer = setTimeout(() => setCopied(false), 2500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied(true);
    } catch {
      select(document.getElementById(source));
    }
  };
  return createElement(
    "button",
    { type: "button", className: look, onClick: copy, "data-testid": testid, "aria-live": "polite" },
    copied ? done : label,
  );
}

function select(element) {
  if (!element) return;
  const range = document.createRange();
  range.selectNodeContents(element);
  const selection = window.getSelection();
  selection.removeAllRanges();
  selection.addRange(range);
}
