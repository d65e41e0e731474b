import { createSignal, onCleanup } from "solid-js";

/** The current time in Unix milliseconds, which moves every `stepMs` while its owner lives. */
export function createClock(stepMs = 1000): () => number {
  const [now, setNow] = createSignal(Date.now());
  const timer = setInterval(() => setNow(Date.now()), stepMs);
  onCleanup(() => clearInterval(timer));
  return now;
}
