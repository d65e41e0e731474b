import { createSignal, getListener, onCleanup } from "solid-js";

interface Tracker {
  readonly read: () => void;
  readonly bump: () => void;
  users: number;
}

/**
 * Signals by key that exist only while something on screen reads them, so
 * that ten thousand resources cost nothing until they are looked at.
 */
export interface Trackers {
  track(key: string): void;
  notify(key: string): void;
  notifyAll(): void;
  /** How many keys are being watched now. */
  size(): number;
}

function makeTracker(): Tracker {
  const [read, bump] = createSignal(undefined, { equals: false });
  return { read, bump, users: 0 };
}

export function makeTrackers(): Trackers {
  const byKey = new Map<string, Tracker>();

  function release(key: string, tracker: Tracker): void {
    tracker.users -= 1;
    // A computation that runs again releases and takes the key in one go, so look only afterwards.
    queueMicrotask(() => {
      if (tracker.users === 0 && byKey.get(key) === tracker) byKey.delete(key);
    });
  }

  return {
    track(key) {
      if (!getListener()) return;
      const tracker = byKey.get(key) ?? makeTracker();
      byKey.set(key, tracker);
      tracker.users += 1;
      onCleanup(() => release(key, tracker));
      tracker.read();
    },
    notify: (key) => byKey.get(key)?.bump(),
    notifyAll: () => {
      for (const tracker of byKey.values()) tracker.bump();
    },
    size: () => byKey.size,
  };
}
