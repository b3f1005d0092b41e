// Things that open at a press: a dialog, a menu, a part of the page. Opened by the browser alone, so that a
// lost socket never closes them nor loses what was typed.

import { createElement, useEffect, useLayoutEffect, useRef, useState } from "react";

// A button and the modal dialog behind it. Its content is made anew at each opening; `closeAt` closes it by
// changing, which is how the server says that what it asked for is done. While it is open the page's notices stand in
// it: outside they would be behind it, out of reach and unread.
export function DialogButton({ label, title, look, closeLabel, closeAt, children, testid, shortcut, hint }) {
  const [open, setOpen] = useState(false);
  const dialog = useRef(null);
  const seen = useRef(closeAt);
  useLayoutEffect(() => {
    if (!open || !dialog.current) return undefined;
    dialog.current.showModal();
    const notices = document.querySelector(".notices");
    const place = notices?.parentNode;
    if (notices) dialog.current.append(notices);
    return () => place?.append(notices);
  }, [open]);
  useEffect(() => {
    if (seen.current !== closeAt) {
      seen.current = closeAt;
      setOpen(false);
    }
  }, [closeAt]);
  const close = (event) => {
    if (event.target === dialog.current) setOpen(false);
  };
  return [
    createElement(
      "button",
      {
        key: "b",
        type: "button",
        className: look,
        onClick: () => setOpen(true),
        title: hint || undefined,
        "data-testid": testid || undefined,
        "data-shortcut": shortcut || undefined,
      },
      label,
    ),
    open &&
      createElement(
        "dialog",
        { key: "d", ref: dialog, className: "dialog", "aria-label": title, onClose: close },
        createElement(
          "header",
          null,
          createElement("h2", null, title),
          createElement(
            "button",
            { type: "button", className: "icon-btn", "aria-label": closeLabel, onClick: () => setOpen(false) },
            "×",
          ),
        ),
        children,
      ),
  ];
}

// A <details> that closes when one presses elsewhere, or Escape.
export function Menu({ children, className, testid }) {
  const menu = useRef(null);
  useEffect(() => {
    const leave = (event) => {
      if (!menu.current?.contains(event.target)) menu.current?.removeAttribute("open");
    };
    const escape = (event) => {
      if (event.key !== "Escape" || !menu.current?.open) return;
      menu.current.removeAttribute("open");
      menu.current.querySelector("summary")?.focus();
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("keydown", escape);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("keydown", escape);
    };
  }, []);
  return createElement("details", { ref: menu, className: `menu ${className ?? ""}`, "data-testid": testid }, children);
}

// A button that opens what stands below it and puts the caret there; pressing it again changes nothing.
export function Reveal({ label, look, closeLabel, children, testid }) {
  const [open, setOpen] = useState(false);
  const place = useRef(null);
  const show = () => {
    setOpen(true);
    requestAnimationFrame(() => place.current?.querySelector("textarea, input")?.focus());
  };
  return [
    createElement(
      "div",
      { key: "b", className: "reveal-bar" },
      createElement(
        "button",
        { type: "button", className: look, onClick: show, "aria-expanded": open, "data-testid": testid },
        label,
      ),
      open &&
        createElement(
          "button",
          { type: "button", className: "btn quiet", onClick: () => setOpen(false) },
          closeLabel,
        ),
    ),
    open && createElement("div", { key: "c", ref: place, className: "reveal" }, children),
  ];
}
