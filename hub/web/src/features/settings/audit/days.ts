/** Days as forms and the address bar write them: `2026-11-23`, in the viewer's zone. */

const pattern = /^(\d{4})-(\d{2})-(\d{2})$/;

/** The first moment of the day that comes `later` days after; undefined when the text is no day. */
function startOf(text: string, later: number): number | undefined {
  const [, year = "", month = "", day = ""] = pattern.exec(text) ?? [];
  const [y, m, d] = [Number(year), Number(month) - 1, Number(day)];
  const named = new Date(y, m, d);
  // Dates that do not exist roll over to others.
  const exists = year !== "" && named.getFullYear() === y && named.getMonth() === m && named.getDate() === d;
  return exists ? new Date(y, m, d + later).getTime() : undefined;
}

/** When a day begins, in Unix milliseconds; undefined when the text is no day. */
export function startOfDay(text: string): number | undefined {
  return startOf(text, 0);
}

/** When the day after begins; not always 24 hours later. */
export function endOfDay(text: string): number | undefined {
  return startOf(text, 1);
}
