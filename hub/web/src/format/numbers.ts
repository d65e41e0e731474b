/** All numbers shown on the page are written here: one place for units and rounding. */

export const none = "–";

const byteUnits = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

function scaled(value: number): { readonly number: number; readonly unit: string } {
  let number = value;
  let step = 0;
  // 999.5 would be written as 1000, so move on before it.
  while (Math.abs(number) >= 999.5 && step < byteUnits.length - 1) {
    number /= 1024;
    step += 1;
  }
  return { number, unit: byteUnits[step] ?? "B" };
}

/** Three significant places, so that columns keep their width: 1.25, 12.5, 125. */
function digits(number: number, unit: string): number {
  const size = Math.abs(number);
  if (unit === "B" || size >= 99.95) return 0;
  return size >= 9.995 ? 1 : 2;
}

/** Bytes with a binary unit: `12.5 GiB`. */
export function formatBytes(bytes: number | undefined, locale: string): string {
  if (bytes === undefined) return none;
  const { number, unit } = scaled(bytes);
  const places = digits(number, unit);
  return `${number.toLocaleString(locale, { minimumFractionDigits: places, maximumFractionDigits: places })} ${unit}`;
}

/** Bytes per second: `1.25 MiB/s`; nothing measurable is `0 B/s`. */
export function formatRate(bytesPerSecond: number | undefined, locale: string): string {
  return bytesPerSecond === undefined ? none : `${formatBytes(Math.round(bytesPerSecond), locale)}/s`;
}

/** A percentage 0–100: one place under ten, none above. */
export function formatPercent(percent: number | undefined, locale: string): string {
  if (percent === undefined) return none;
  const places = percent < 9.95 ? 1 : 0;
  return `${percent.toLocaleString(locale, { minimumFractionDigits: places, maximumFractionDigits: places })}%`;
}

export function formatCelsius(degrees: number | undefined, locale: string): string {
  return degrees === undefined ? none : `${Math.round(degrees).toLocaleString(locale)} °C`;
}

export function formatCount(count: number, locale: string): string {
  return count.toLocaleString(locale);
}

export function formatLoad(load: readonly number[], locale: string): string {
  if (load.length === 0) return none;
  return load
    .map((value) => value.toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 }))
    .join("  ");
}
