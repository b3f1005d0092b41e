// A message about a line of the document: pressing "Citer" beside the line puts it above the composer.

import { createElement, useEffect, useRef, useState } from "react";

// The line to quote, kept while no composer is there yet, and whoever wants to know.
let line = new URLSearchParams(globalThis.location?.search).get("line");
let tell = null;

// Hears presses on lines' links and on the quotations of messages, wherever in the page they stand.
export function LineSense() {
  useEffect(() => {
    const heard = (event) => {
      const link = event.target.closest?.("a.cite, blockquote a");
      if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      if (!link.matches(".cite")) return show(link.hash);
      const wanted = new URLSearchParams(link.search).get("line");
      if (tell) return tell(wanted);
      line = wanted;
      document.querySelector("[data-testid=write-message]")?.click();
    };
    document.addEventListener("click", heard);
    return () => document.removeEventListener("click", heard);
  }, []);
  return null;
}

function show(hash) {
  const row = document.querySelector(hash);
  row?.scrollIntoView({ block: "center" });
  row?.animate?.({ backgroundColor: ["var(--tint)", "transparent"] }, 2000);
}

// In a form: the line its message is about, and a button to leave it out. A form that is emptied quotes nothing.
export function LineQuote({ removeLabel }) {
  const place = useRef(null);
  const [number, setNumber] = useState(line);
  useEffect(() => {
    const { form } = place.current;
    const write = () => {
      form.elements.body.focus();
      form.scrollIntoView({ block: "nearest" });
    };
    const forget = () => setNumber(null);
    tell = (wanted) => {
      setNumber(wanted);
      write();
    };
    form.addEventListener("reset", forget);
    if (line && document.querySelector("[data-testid=write-message]")) write();
    line = null;
    return () => {
      tell = null;
      form.removeEventListener("reset", forget);
    };
  }, []);
  const name = number && document.querySelector(`#line-${CSS.escape(number)} .name`)?.textContent;
  return [
    createElement("input", { key: "line", ref: place, type: "hidden", name: "line", value: name ? number : "" }),
    name &&
      createElement(
        "div",
        { key: "quote", className: "quoted" },
        createElement("blockquote", { "data-testid": "quoted" }, createElement("bdi", null, `${number}. ${name}`)),
        createElement(
          "button",
          { type: "button", className: "btn quiet", onClick: () => setNumber(null) },
          removeLabel,
        ),
      ),
  ];
}
