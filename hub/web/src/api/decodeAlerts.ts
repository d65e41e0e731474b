import {
  type Alert,
  type AlertEvent,
  type AlertsFrame,
  type Evidence,
  type Explanation,
  endings,
  type PastAlert,
  type Telling,
  withholdings,
} from "./alertTypes";
import { asList, asNumber, asObject, asText, asTexts, isObject } from "./json";

/** Unix milliseconds of a time in RFC 3339; undefined for what is no time. */
function asTime(value: unknown): number | undefined {
  const time = typeof value === "string" ? Date.parse(value) : Number.NaN;
  return Number.isFinite(time) ? time : undefined;
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((item) => item === value);
}

/** Reads one alert, with what is missing empty; undefined when it has no id. */
function decodeAlert(value: unknown): Alert | undefined {
  const raw = asObject(value);
  const id = asText(raw.id);
  if (id === undefined) return undefined;
  const ackAt = asTime(raw.ackTime);
  const ackUser = asText(raw.ackUser);
  return {
    id,
    type: asText(raw.type) ?? "",
    level: raw.level === "critical" ? "critical" : "warning",
    resourceName: asText(raw.resourceName) ?? "",
    node: asText(raw.node) ?? "",
    instance: asText(raw.instance) ?? "",
    message: asText(raw.message) ?? "",
    value: asNumber(raw.value) ?? 0,
    threshold: asNumber(raw.threshold) ?? 0,
    startedAt: asTime(raw.startTime) ?? 0,
    acknowledged: raw.acknowledged === true,
    resource: asText(raw.resource) ?? "",
    ...(ackAt === undefined ? {} : { ackAt }),
    ...(ackUser === undefined ? {} : { ackUser }),
  };
}

export function decodeAlertsFrame(value: unknown): AlertsFrame {
  const raw = asObject(value);
  const alerts = asList(raw.alerts)
    .map(decodeAlert)
    .filter((alert) => alert !== undefined);
  return { type: "alerts", total: Math.max(asNumber(raw.total) ?? 0, alerts.length), alerts };
}

function decodePast(value: unknown): PastAlert | undefined {
  const alert = decodeAlert(value);
  if (!alert) return undefined;
  const raw = asObject(value);
  const endedAt = asTime(raw.resolvedAt);
  const ending = oneOf(endings, raw.ending);
  return {
    ...alert,
    incident: asText(raw.incidentId) ?? `${alert.id} ${alert.startedAt}`,
    ...(endedAt === undefined ? {} : { endedAt }),
    ...(ending === undefined ? {} : { ending }),
  };
}

export function decodeAlertHistory(value: unknown): readonly PastAlert[] {
  return asList(value)
    .map(decodePast)
    .filter((alert) => alert !== undefined);
}

function decodeEvent(value: unknown, index: number): AlertEvent {
  const raw = asObject(value);
  const details = asObject(raw.details);
  const [user, note] = [asText(details.user), asText(details.note)];
  const withheld = oneOf(withholdings, details.withheld);
  return {
    id: asText(raw.id) ?? `${index}`,
    type: asText(raw.type) ?? "",
    at: asTime(raw.timestamp) ?? 0,
    summary: asText(raw.summary) ?? "",
    ...(user === undefined ? {} : { user }),
    ...(note === undefined ? {} : { note }),
    ...(withheld === undefined ? {} : { withheld }),
  };
}

function decodeSample(value: unknown): readonly (readonly [number, number])[] {
  const [at, number] = asList(value).map(asNumber);
  return at === undefined || number === undefined ? [] : [[at, number]];
}

function decodeEvidence(value: unknown): Evidence {
  const raw = asObject(value);
  const samplesMissing = asText(raw.samplesMissing);
  return {
    value: asNumber(raw.value) ?? 0,
    threshold: asNumber(raw.threshold) ?? 0,
    clear: asNumber(raw.clear) ?? 0,
    rule: asText(raw.rule) ?? "",
    beganAt: asTime(raw.began) ?? 0,
    firedAt: asTime(raw.firedAt) ?? 0,
    samples: asList(raw.samples).flatMap(decodeSample),
    ...(samplesMissing === undefined ? {} : { samplesMissing }),
  };
}

/** Reads an explanation; undefined when it is of no alert. */
export function decodeExplanation(value: unknown): Explanation | undefined {
  const raw = asObject(value);
  const alert = decodeAlert(raw.alert);
  if (!alert) return undefined;
  const held = asObject(raw.withheld);
  const reason = oneOf(withholdings, held.reason);
  const until = asTime(held.until);
  const hiddenBy = asText(raw.hiddenBy);
  return {
    alert,
    evidence: decodeEvidence(raw.evidence),
    timeline: asList(raw.timeline).map(decodeEvent),
    hidden: asTexts(raw.hidden),
    ...(reason === undefined ? {} : { withheld: until === undefined ? { reason } : { reason, until } }),
    ...(hiddenBy === undefined ? {} : { hiddenBy }),
  };
}

/** Reads from the configuration of alerts whether people are told. */
export function decodeTelling(value: unknown): Telling {
  const raw = asObject(value);
  if (raw.enabled === false) return "disabled";
  if (raw.activationState === "active" || raw.activationState === "snoozed") return raw.activationState;
  return "pending";
}

/** The ids of those that an order about many alerts was not carried out for, with what the hub says of each. */
export function decodeBulkFailures(value: unknown): ReadonlyMap<string, string> {
  const failures = new Map<string, string>();
  for (const item of asList(asObject(value).results)) {
    if (!isObject(item) || item.success === true) continue;
    const id = asText(item.alertId);
    if (id !== undefined) failures.set(id, asText(item.error) ?? "");
  }
  return failures;
}
