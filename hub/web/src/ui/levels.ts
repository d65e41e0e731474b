/** How worrying a percentage is. */
export type Level = "calm" | "warn" | "bad";

const warnAt = 80;
const badAt = 90;

export function levelOf(percent: number): Level {
  if (percent >= badAt) return "bad";
  return percent >= warnAt ? "warn" : "calm";
}

const warnDegrees = 75;
const badDegrees = 85;

export function heatOf(celsius: number): Level {
  if (celsius >= badDegrees) return "bad";
  return celsius >= warnDegrees ? "warn" : "calm";
}

export const levelText: Readonly<Record<Level, string>> = {
  calm: "",
  warn: "text-warn font-medium",
  bad: "text-bad font-semibold",
};
export const levelFill: Readonly<Record<Level, string>> = {
  calm: "bg-fill",
  warn: "bg-warn-fill",
  bad: "bg-bad-fill",
};
