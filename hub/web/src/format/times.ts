import { none } from "./numbers";

const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** A length of time in its two largest units: `12d 4h`, `4h 12m`, `3m 20s`, `45s`. */
export function formatDuration(seconds: number | undefined): string {
  if (seconds === undefined) return none;
  const whole = Math.max(0, Math.floor(seconds));
  if (whole >= day) return pair(whole, day, "d", hour, "h");
  if (whole >= hour) return pair(whole, hour, "h", minute, "m");
  if (whole >= minute) return pair(whole, minute, "m", 1, "s");
  return `${whole}s`;
}

function pair(seconds: number, large: number, largeName: string, small: number, smallName: string): string {
  const count = Math.floor(seconds / large);
  const rest = Math.floor((seconds % large) / small);
  return rest === 0 ? `${count}${largeName}` : `${count}${largeName} ${rest}${smallName}`;
}

/** An age in its largest unit, coarse enough not to flicker: `4s`, `3m`, `2h`, `9d`. */
export function formatAge(milliseconds: number | undefined): string {
  if (milliseconds === undefined) return none;
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < minute) return `${seconds}s`;
  if (seconds < hour) return `${Math.floor(seconds / minute)}m`;
  if (seconds < day) return `${Math.floor(seconds / hour)}h`;
  return `${Math.floor(seconds / day)}d`;
}

/** A moment in the viewer's zone: date and time to the second. */
export function formatMoment(unixMs: number | undefined, locale: string): string {
  if (unixMs === undefined) return none;
  return new Date(unixMs).toLocaleString(locale, { dateStyle: "medium", timeStyle: "medium" });
}
