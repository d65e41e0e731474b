import { createSignal, onCleanup, onMount } from "solid-js";

function createMedia(query: string): () => boolean {
  const media = window.matchMedia(query);
  const [matches, setMatches] = createSignal(media.matches);
  const listen = (event: MediaQueryListEvent) => setMatches(event.matches);
  media.addEventListener("change", listen);
  onCleanup(() => media.removeEventListener("change", listen));
  return matches;
}

/** True on phones, where tables become lists. The width is the `sm` breakpoint of theme.css. */
export function createNarrow(): () => boolean {
  return createMedia("(max-width: 44.99rem)");
}

/** The width of an element in pixels; infinite until it is known. */
export function createWidth(element: () => HTMLElement | undefined): () => number {
  const [width, setWidth] = createSignal(Number.POSITIVE_INFINITY);
  onMount(() => {
    const target = element();
    if (!target) return;
    const sizes = new ResizeObserver(([entry]) => {
      if (entry && entry.contentRect.width > 0) setWidth(entry.contentRect.width);
    });
    sizes.observe(target);
    onCleanup(() => sizes.disconnect());
  });
  return width;
}
