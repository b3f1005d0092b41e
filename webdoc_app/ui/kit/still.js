// Rows that never move under the pointer: news above the row one points at waits, and slides in on leaving.

import { createElement, useEffect, useRef } from "react";

export function StillRows({ children, className }) {
  const body = useRef(null);
  const hovered = useRef(null);
  const shift = useRef(0);

  // Rows come and go without this component being rendered; the observer speaks before the next frame.
  useEffect(() => {
    const observer = new MutationObserver(() => {
      const row = hovered.current;
      if (!row || !row.element.isConnected) return;
      const moved = row.element.offsetTop - row.top;
      row.top = row.element.offsetTop;
      if (!moved) return;
      shift.current -= moved;
      body.current.style.transition = "none";
      body.current.style.transform = `translateY(${shift.current}px)`;
    });
    observer.observe(body.current, { childList: true });
    return () => observer.disconnect();
  }, []);

  const point = (event) => {
    const element = event.target.closest("[data-document-id]");
    if (element) hovered.current = { element, top: element.offsetTop };
  };
  const leave = () => {
    hovered.current = null;
    if (!shift.current) return;
    shift.current = 0;
    body.current.style.transition = "";
    body.current.style.transform = "";
  };
  return createElement("tbody", { ref: body, className, onPointerOver: point, onPointerLeave: leave }, children);
}
