// Whether this page's socket is open, as Reflex's own instrumentation points tell.

import { useSyncExternalStore } from "react";

let dropped = false;
let offline = false;
const watchers = new Set();

function tellAll() {
  watchers.forEach((tell) => tell());
}

function setDropped(value) {
  dropped = value;
  tellAll();
}

function setOffline(value) {
  offline = value;
  tellAll();
}

function watch(tell) {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

if (typeof window !== "undefined") {
  const others = window.__reflex_otel;
  window.__reflex_otel = {
    ...others,
    onSocketConnect: () => {
      others?.onSocketConnect?.();
      setDropped(false);
    },
    onSocketDisconnect: (reason) => {
      others?.onSocketDisconnect?.(reason);
      setDropped(true);
    },
  };
  // A silent network takes the socket 45 s to notice; the browser often knows at once. Only its events
  // count: on a machine without any network it says "offline" of a page that works well.
  window.addEventListener("offline", () => setOffline(true));
  window.addEventListener("online", () => setOffline(false));
}

export function useSocketDropped() {
  return useSyncExternalStore(
    watch,
    () => dropped || offline,
    () => false,
  );
}
