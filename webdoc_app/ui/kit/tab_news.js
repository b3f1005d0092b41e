// News while the tab is in the background: the title counts what is unread, the browser shows the newest of it
// where the person has allowed that.

import { createElement, useEffect, useRef, useState } from "react";

const COUNT = /^\(\d+\) /;

export function TabNews({ unread, newest, sentence, label }) {
  useEffect(() => {
    const show = () => {
      const plain = document.title.replace(COUNT, "");
      const wanted = unread > 0 ? `(${unread}) ${plain}` : plain;
      if (document.title !== wanted) document.title = wanted;
    };
    show();
    // Another page of the application writes its own title.
    const observer = new MutationObserver(show);
    observer.observe(document.head, { subtree: true, childList: true, characterData: true });
    return () => observer.disconnect();
  }, [unread]);

  const seen = useRef(null);
  useEffect(() => {
    const isFirst = seen.current === null;
    const isNew = newest && newest !== seen.current;
    seen.current = newest;
    if (isFirst || !isNew || !unread || document.visibilityState === "visible" || permission() !== "granted") return;
    try {
      const notice = new Notification(sentence, { tag: newest });
      notice.onclick = () => window.focus();
    } catch {
      // Some telephones have the permission and no way to show anything.
    }
  }, [newest]);

  // Asked of the browser only once the page stands: the built page knows of none.
  const [asked, setAsked] = useState("denied");
  useEffect(() => setAsked(permission()), []);
  if (asked !== "default") return null;
  const ask = async () => setAsked(await Notification.requestPermission());
  return createElement(
    "button",
    { type: "button", className: "btn quiet", onClick: ask, "data-testid": "allow-notifications" },
    label,
  );
}

function permission() {
  return typeof Notification === "undefined" ? "denied" : Notification.permission;
}
