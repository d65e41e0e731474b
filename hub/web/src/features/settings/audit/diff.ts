import { isObject } from "../../../api/json";
import type { Json } from "../../../api/types";

/** One field that differs; undefined: it is not there. */
export interface FieldChange {
  readonly field: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

/** More than anybody reads. */
const mostFields = 200;

/** The values of an object by the path to them; lists count as one value. */
function flatten(value: Json | undefined, path: string, into: Map<string, string>): void {
  if (value === undefined) return;
  if (isObject(value) && Object.keys(value).length > 0) {
    for (const [name, inner] of Object.entries(value)) flatten(inner, path ? `${path}.${name}` : name, into);
    return;
  }
  into.set(path, typeof value === "string" ? value : JSON.stringify(value));
}

/** The fields in which two values differ, in the order they are written in. */
export function diffFields(before: Json | undefined, after: Json | undefined): readonly FieldChange[] {
  const [old, now] = [new Map<string, string>(), new Map<string, string>()];
  flatten(before, "", old);
  flatten(after, "", now);
  return [...new Set([...old.keys(), ...now.keys()])]
    .map((field) => ({ field, before: old.get(field), after: now.get(field) }))
    .filter((change) => change.before !== change.after)
    .slice(0, mostFields);
}
