// Single keys that press or focus what is marked for them: data-shortcut="n", data-shortcut="/".

import { useEffect } from "react";

function isTyping(target) {
  return target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName);
}

export function Shortcuts() {
  useEffect(() => {
    const pressed = (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const wanted = [...document.querySelectorAll("[data-shortcut]")].find((e) => e.dataset.shortcut === event.key);
      if (!wanted) return;
      event.preventDefault();
      wanted.focus();
      if (!isTyping(wanted)) wanted.click();
    };
    document.addEventListener("keydown", pressed);
    return () => document.removeEventListener("keydown", pressed);
  }, []);
  return null;
}
