import type { Forecast } from "../../api/types";
import { formatBytes } from "../../format/numbers";
import type { Translate } from "../../i18n/texts";
import type { Level } from "../../ui/levels";

const badDays = 7;
const warnDays = 30;
/** From so many days on, months are named, and from so many, years. */
const daysOfMonths = 90;
const daysOfYears = 730;

/** How far ahead a day lies, in words: "in 23 days". */
export function formatAhead(days: number, locale: string): string {
  const words = new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  if (days >= daysOfYears) return words.format(Math.round(days / 365), "year");
  if (days >= daysOfMonths) return words.format(Math.round(days / 30.4), "month");
  return words.format(Math.floor(days), "day");
}

/** A forecast in one line, with the file system it is of; empty when there is nothing to say. */
export function forecastText(forecast: Forecast, t: Translate, locale: string): string {
  const text = expectation(forecast, t, locale);
  return text && forecast.mount ? `${forecast.mount}: ${text}` : text;
}

function expectation(forecast: Forecast, t: Translate, locale: string): string {
  const confidence = t(`detail.forecast.${forecast.confidence}`);
  switch (forecast.reason) {
    case "full":
      return t("detail.forecast.full");
    case "growing":
      return forecast.daysUntilFull === undefined
        ? ""
        : t("detail.forecast.growing", { when: formatAhead(forecast.daysUntilFull, locale), confidence });
    case "not_growing":
    case "shrinking":
      return t("detail.forecast.steady", { confidence });
    case "too_little_history":
    case "after_cleanup":
      return t("detail.forecast.unknown");
    case "no_recent_history":
      return "";
  }
}

/** What a forecast is based on; empty when that is nothing. */
export function basisText(forecast: Forecast, t: Translate, locale: string): string {
  if (forecast.reason !== "growing" && forecast.reason !== "shrinking") return "";
  const growth = formatBytes(Math.abs(forecast.bytesPerDay), locale);
  return t("detail.forecast.basis", {
    growth: `${forecast.bytesPerDay < 0 ? "−" : "+"}${growth}`,
    hours: String(forecast.hours),
  });
}

/** How worrying a forecast is. One of little confidence alarms nobody. */
export function urgencyOf(forecast: Forecast): Level {
  const days = forecast.daysUntilFull;
  if (forecast.reason === "full") return "bad";
  if (days === undefined || days > warnDays || forecast.confidence === "low") return "calm";
  return days <= badDays ? "bad" : "warn";
}
