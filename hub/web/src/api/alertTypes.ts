/** What the page knows of alerts. Their values are in the unit of the alert's type: see format/alertValue.ts. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export const alertLevels = [
  "critical",
  "warning",
] as const satisfies readonly Schemas["AlertsAlert"]["level"][];
export type AlertLevel = (typeof alertLevels)[number];

/** Its threshold is 0 of states, which are not measured. */
export interface Alert
  extends Pick<
    Schemas["AlertsAlert"],
    | "id"
    | "type"
    | "level"
    | "resourceName"
    | "node"
    | "instance"
    | "message"
    | "value"
    | "threshold"
    | "acknowledged"
  > {
  /** When it was first bad, in Unix milliseconds. */
  readonly startedAt: number;
  readonly ackAt?: number;
  readonly ackUser?: string;
  /** The id of its resource on this page; empty when it has none, or when the hub does not say. */
  readonly resource: string;
}

/** Everything that is active from now on. */
export interface AlertsFrame {
  readonly type: "alerts";
  /** How many there are; the hub tells of the first thousand. */
  readonly total: number;
  readonly alerts: readonly Alert[];
}

export const endings = [
  "cleared",
  "removed",
  "not-checked",
  "manual",
  "too-old",
] as const satisfies readonly Schemas["AlertsPast"]["ending"][];
export type Ending = (typeof endings)[number];

/** An alert that was, or that goes on. */
export interface PastAlert extends Alert {
  readonly incident: string;
  /** Unix milliseconds; absent while it goes on. */
  readonly endedAt?: number;
  readonly ending?: Ending;
}

export const withholdings = [
  "acknowledged",
  "flapping",
  "not-activated",
  "monitor-only",
  "maintenance",
  "dependency",
  "quiet-hours",
  "hourly-limit",
  "cooldown",
] as const satisfies readonly Schemas["AlertsWithheld"]["reason"][];
export type Withholding = (typeof withholdings)[number];

/** Something that happened to an alert. */
export interface AlertEvent {
  readonly id: string;
  readonly type: string;
  readonly at: number;
  /** One sentence of the hub. */
  readonly summary: string;
  readonly user?: string;
  readonly note?: string;
  /** Why nobody was told of it. */
  readonly withheld?: Withholding;
}

/**
 * `value` and `threshold` are of the moment it fired, or became worse; `clear` is where it ends; `rule` is `defaults`,
 * `override`, `rule <name>` or `tag <tag>`.
 */
export interface Evidence extends Pick<Schemas["AlertsEvidence"], "value" | "threshold" | "clear" | "rule"> {
  readonly beganAt: number;
  readonly firedAt: number;
  /** Unix milliseconds and value, in the order of time; none of what is not measured. */
  readonly samples: readonly (readonly [number, number])[];
  /** Why there are none of what is measured, in the words of the hub. */
  readonly samplesMissing?: string;
}

/** Why an alert is there, and why people are told of it or not. */
export interface Explanation {
  readonly alert: Alert;
  readonly evidence: Evidence;
  readonly timeline: readonly AlertEvent[];
  readonly withheld?: { readonly reason: Withholding; readonly until?: number };
  /** The id of the alert that explains this one. */
  readonly hiddenBy?: string;
  /** The ids of those that this one explains. */
  readonly hidden: readonly string[];
}

/** Whether people are told of alerts. */
export type Telling = "active" | "pending" | "snoozed" | "disabled";
