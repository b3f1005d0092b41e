// A slot: a place in the page's first HTML that a live component takes over, in one frame.

import { createElement, useEffect, useLayoutEffect, useState, useSyncExternalStore } from "react";
import { createPortal, flushSync } from "react-dom";

// Elements of this page that are still to be taken over, and who wants to know.
const waiting = new Set();
const watchers = new Set();

function setWaiting(element, isWaiting) {
  if (isWaiting) waiting.add(element);
  else waiting.delete(element);
  watchers.forEach((tell) => tell());
}

function watchWaiting(tell) {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

export function useSlotsTaken() {
  return useSyncExternalStore(
    watchWaiting,
    () => waiting.size === 0,
    () => false,
  );
}

export function Slot({ place, ready, children }) {
  const [taken, setTaken] = useState(null);

  useLayoutEffect(() => {
    const element = document.getElementById(place);
    if (!element || taken) return undefined;
    setWaiting(element, true);
    return () => setWaiting(element, false);
  }, [place, taken]);

  useEffect(() => {
    const element = document.getElementById(place);
    if (!element || !ready || taken) return undefined;
    return whenLeftAlone(element, () =>
      flushSync(() => setTaken({ element, firstContent: [...element.childNodes] })),
    );
  }, [place, ready, taken]);

  // A place within another one comes and goes with it: the new one is taken over in its turn.
  useEffect(() => {
    if (taken && !taken.element.isConnected) setTaken(null);
  });

  return taken && createPortal(createElement(Tenant, taken, children), taken.element);
}

// Never pull a form away from under a finger or a caret: take over once the place is neither
// focused nor pressed. What was typed before is carried over by the tenant.
function whenLeftAlone(element, takeOver) {
  const events = ["focusout", "pointerup", "pointercancel", "visibilitychange"];
  let timer;
  const stop = () => {
    clearTimeout(timer);
    events.forEach((name) => document.removeEventListener(name, later));
  };
  const look = () => {
    if (element.matches(":focus-within, :active")) return;
    stop();
    takeOver();
  };
  // At focusout the next focus isn't set yet, at pointerup the click is still to come.
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(look, 0);
  };
  events.forEach((name) => document.addEventListener(name, later));
  later();
  return stop;
}

// Mounted with the live children: in the same commit, before anything is painted, the first page's
// content leaves. Should the live part ever fall away, that content comes back and still works.
function Tenant({ element, firstContent, children }) {
  useLayoutEffect(() => {
    const stop = carryOver(typedValues(firstContent), element);
    const opened = openedParts(firstContent);
    firstContent.forEach((node) => node.remove());
    opened.forEach((id) => {
      const part = element.querySelector(`#${CSS.escape(id)}`);
      if (part) part.open = true;
    });
    element.dataset.taken = "";
    return () => {
      stop();
      delete element.dataset.taken;
      element.prepend(...firstContent);
    };
  }, [element, firstContent]);
  return children;
}

// The ids of what was opened in the first page, for its live twin.
function openedParts(nodes) {
  return nodes
    .filter((node) => node.nodeType === Node.ELEMENT_NODE)
    .flatMap((node) => [node, ...node.querySelectorAll("details")])
    .filter((part) => part.matches("details[id][open]"))
    .map((part) => part.id);
}

// What a person changed in the first page: [{name, value, checked}].
function typedValues(nodes) {
  const fields = nodes
    .filter((node) => node.nodeType === Node.ELEMENT_NODE)
    .flatMap((node) => [node, ...node.querySelectorAll("input, textarea, select")])
    .filter((field) => field.matches("input, textarea, select") && field.name);
  return fields.filter(wasChanged).map(({ name, type, value, checked }) => ({ name, type, value, checked }));
}

function isTick(field) {
  return field.type === "checkbox" || field.type === "radio";
}

function wasChanged(field) {
  if (field.type === "hidden" || field.type === "file") return false;
  if (isTick(field)) return field.checked !== field.defaultChecked;
  if (field.tagName === "SELECT") return [...field.options].some((o) => o.selected !== o.defaultSelected);
  return field.value !== field.defaultValue;
}

// Hand each value to the live field of the same name, now or when that field appears; returns a stop.
function carryOver(values, place) {
  let pending = values;
  const observer = new MutationObserver(hand);
  function hand() {
    pending = pending.filter((typed) => !handTo(findField(place, typed), typed));
    if (!pending.length) observer.disconnect();
  }
  // Live fields render in this very commit; those behind a click come later.
  queueMicrotask(hand);
  if (pending.length) observer.observe(place, { childList: true, subtree: true });
  return () => {
    pending = [];
    observer.disconnect();
  };
}

function findField(place, { name, type, value }) {
  const named = [...place.querySelectorAll("input, textarea, select")].filter((f) => f.name === name);
  return named.find((f) => !isTick(f) || (f.type === type && f.value === value));
}

function handTo(field, typed) {
  if (!field) return false;
  if (isTick(field)) {
    if (field.checked !== typed.checked) field.click();
  } else if (!field.value || field.tagName === "SELECT") {
    // Past React's own setter, so that it sees a change and tells the component.
    Object.getOwnPropertyDescriptor(Object.getPrototypeOf(field), "value").set.call(field, typed.value);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
  return true;
}
