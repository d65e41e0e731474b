import type { Json, JsonObject } from "../../api/types";

/** A member of what a plugin says of a resource, still to be put into words. */
export interface Member {
  /** The names on the way to it: `tls › issuer`. */
  readonly path: string;
  readonly value: string | number | boolean;
}

export interface Members {
  readonly shown: readonly Member[];
  /** How many there are besides. */
  readonly left: number;
}

/** More than this are not read by anybody. */
const mostMembers = 200;
const deepest = 8;
const longestText = 500;
const separator = " › ";

type Scalar = string | number | boolean;

function isScalar(value: unknown): value is Scalar {
  return typeof value === "string" || typeof value === "boolean" || Number.isFinite(value);
}

function short(text: string): string {
  return text.length > longestText ? `${text.slice(0, longestText)}…` : text;
}

/** A list of plain values in one line; undefined for any other list. */
function oneLine(list: readonly Json[]): string | undefined {
  return list.length > 0 && list.every(isScalar) ? short(list.join(", ")) : undefined;
}

function walk(name: string, value: Json | undefined, depth: number, found: Member[]): void {
  if (isScalar(value)) {
    if (value !== "") found.push({ path: name, value: typeof value === "string" ? short(value) : value });
    return;
  }
  if (typeof value !== "object" || value === null || depth === deepest) return;
  const line = Array.isArray(value) ? oneLine(value) : undefined;
  if (line !== undefined) {
    found.push({ path: name, value: line });
    return;
  }
  // The members of a list are counted from one, as people do.
  const shift = Array.isArray(value) ? 1 : 0;
  for (const [key, member] of Object.entries(value)) {
    walk(`${name}${separator}${shift ? Number(key) + shift : key}`, member, depth + 1, found);
  }
}

/** The members of an object and of those in it, each with its path; without what is empty, in the order given. */
export function membersOf(data: JsonObject): Members {
  const found: Member[] = [];
  for (const [name, value] of Object.entries(data)) walk(name, value, 1, found);
  return { shown: found.slice(0, mostMembers), left: Math.max(0, found.length - mostMembers) };
}
