import { useNavigate } from "@solidjs/router";
import { onCleanup } from "solid-js";
import type { Place } from "../../places/placeOf";

export interface Shortcuts {
  /** Those the number keys go to. */
  readonly places: () => readonly Place[];
  readonly palette: () => void;
  readonly keys: () => void;
  readonly escape: () => void;
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

function focusSearch(): boolean {
  const box = document.querySelector<HTMLInputElement>("[data-page-search]");
  box?.focus();
  box?.select();
  return box !== null;
}

/** Listens for the keys that work everywhere, while its owner lives. */
export function createShortcuts(actions: Shortcuts): void {
  const navigate = useNavigate();

  function single(event: KeyboardEvent): void {
    const place = actions.places()[Number(event.key) - 1];
    if (event.key === "/") {
      event.preventDefault();
      // A place without a search of its own has the one over everything.
      if (!focusSearch()) actions.palette();
    } else if (event.key === "?") actions.keys();
    else if (place) navigate(place.path);
  }
  function onKeyDown(event: KeyboardEvent): void {
    if (event.defaultPrevented) return;
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      actions.palette();
    } else if (event.key === "Escape") actions.escape();
    else if (!event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target)) single(event);
  }
  document.addEventListener("keydown", onKeyDown);
  onCleanup(() => document.removeEventListener("keydown", onKeyDown));
}
