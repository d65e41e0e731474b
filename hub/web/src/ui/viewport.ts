import { createSignal, onCleanup } from "solid-js";

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
