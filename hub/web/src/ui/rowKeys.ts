export interface RowPlace {
  readonly index: number;
  readonly count: number;
  /** Rows in sight. */
  readonly page: number;
}

/** The row a key moves to, or undefined when the key does not move. */
export function stepFor(key: string, place: RowPlace): number | undefined {
  const last = Math.max(0, place.count - 1);
  const within = (index: number) => Math.max(0, Math.min(last, index));
  switch (key) {
    case "ArrowDown":
      return within(place.index + 1);
    case "ArrowUp":
      return within(place.index - 1);
    case "PageDown":
      return within(place.index + place.page);
    case "PageUp":
      return within(place.index - place.page);
    case "Home":
      return 0;
    case "End":
      return last;
    default:
      return undefined;
  }
}
