import { createEffect, createSignal, on, onCleanup } from "solid-js";

/** Follows `source`, at most once in `waitMs`, while its owner lives. */
export function createPaced(source: () => unknown, waitMs: number): () => void {
  const [read, bump] = createSignal(undefined, { equals: false });
  let timer: ReturnType<typeof setTimeout> | undefined;
  createEffect(
    on(
      source,
      () => {
        timer ??= setTimeout(() => {
          timer = undefined;
          bump();
        }, waitMs);
      },
      { defer: true },
    ),
  );
  onCleanup(() => clearTimeout(timer));
  return read;
}
