// What a page shows belongs to the object its address names: until that is read, nothing of the one before stands there.

import { createElement, Fragment, useEffect } from "react";
import { useLocation } from "react-router";

const plain = (path) => `/${path.split("/").filter(Boolean).join("/")}`;

// `object` is a path, and a mark of who looks. Another one makes everything inside anew, what was typed included.
export function ForObject({ object, away, waiting, children }) {
  const { pathname } = useLocation();
  useEffect(() => {
    if (away) window.location.assign(away);
  }, [away]);
  const [path] = object.split(" ");
  if (path !== plain(pathname)) return waiting ? createElement("div", { className: "skeleton" }) : null;
  return createElement(Fragment, { key: object }, children);
}
