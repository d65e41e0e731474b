import { createMemo, createSignal } from "solid-js";

/** Which of the rows in a list are chosen. */
export interface Chosen {
  readonly ids: () => readonly string[];
  readonly has: (id: string) => boolean;
  readonly toggle: (id: string) => void;
  readonly chooseAll: () => void;
  readonly clear: () => void;
}

/** What leaves the list is not chosen any more. */
export function createChosen(listed: () => readonly string[]): Chosen {
  const [marked, setMarked] = createSignal<ReadonlySet<string>>(new Set());
  const ids = createMemo(() => listed().filter((id) => marked().has(id)));
  const chosen = createMemo(() => new Set(ids()));
  return {
    ids,
    has: (id) => chosen().has(id),
    toggle(id) {
      const next = new Set(chosen());
      if (!next.delete(id)) next.add(id);
      setMarked(next);
    },
    chooseAll: () => setMarked(new Set(listed())),
    clear: () => setMarked(new Set<string>()),
  };
}
