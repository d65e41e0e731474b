/**
 * The search syntax: words and `field` conditions, all of which must hold.
 *
 *   node:pve1 cpu>80 tag:prod type:lxc -status:stopped "my name" uptime<2d
 */

export type TextField =
  | "node"
  | "type"
  | "tag"
  | "status"
  | "os"
  | "ip"
  | "id"
  | "name"
  | "instance"
  | "source"
  | "kernel"
  | "agent";
export type NumberField = "cpu" | "memory" | "disk" | "temp" | "uptime" | "in" | "out" | "read" | "write";
export type Comparison = ">" | ">=" | "<" | "<=" | "=";

export type Condition =
  | { readonly kind: "word"; readonly text: string }
  | { readonly kind: "text"; readonly field: TextField; readonly text: string }
  | {
      readonly kind: "number";
      readonly field: NumberField;
      readonly comparison: Comparison;
      readonly value: number;
    };

export type Term = Condition & { readonly negated: boolean };

const textFields: ReadonlyMap<string, TextField> = new Map<string, TextField>([
  ["node", "node"],
  ["type", "type"],
  ["kind", "type"],
  ["tag", "tag"],
  ["status", "status"],
  ["is", "status"],
  ["os", "os"],
  ["ip", "ip"],
  ["id", "id"],
  ["vmid", "id"],
  ["name", "name"],
  ["instance", "instance"],
  ["source", "source"],
  ["kernel", "kernel"],
  ["agent", "agent"],
]);

const numberFields: ReadonlyMap<string, NumberField> = new Map<string, NumberField>([
  ["cpu", "cpu"],
  ["mem", "memory"],
  ["memory", "memory"],
  ["disk", "disk"],
  ["temp", "temp"],
  ["uptime", "uptime"],
  ["in", "in"],
  ["out", "out"],
  ["read", "read"],
  ["write", "write"],
]);

const multipliers: Readonly<Record<string, number>> = {
  "": 1,
  "%": 1,
  s: 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
};
const timeMultipliers: Readonly<Record<string, number>> = {
  "": 1,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};

/** Splits at spaces outside quotation marks; an unclosed mark runs to the end. */
function split(query: string): readonly string[] {
  return query.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

function unquote(text: string): string {
  return text.replaceAll('"', "").toLowerCase();
}

function parseNumber(field: NumberField, text: string): number | undefined {
  const found = /^(\d+(?:[.,]\d+)?)\s*([a-z%]?)$/i.exec(text);
  if (!found) return undefined;
  const table = field === "uptime" ? timeMultipliers : multipliers;
  const factor = table[(found[2] ?? "").toLowerCase()];
  return factor === undefined ? undefined : Number((found[1] ?? "").replace(",", ".")) * factor;
}

function parseCondition(token: string): Condition {
  const found = /^([a-z]+)(>=|<=|>|<|=|:)(.+)$/i.exec(token);
  const name = found?.[1]?.toLowerCase() ?? "";
  const operator = found?.[2];
  const rest = unquote(found?.[3] ?? "");
  const textField = textFields.get(name);
  if (textField && (operator === ":" || operator === "="))
    return { kind: "text", field: textField, text: rest };
  const numberField = numberFields.get(name);
  const value = numberField ? parseNumber(numberField, rest) : undefined;
  if (numberField && value !== undefined) {
    const comparison = operator === ":" ? "=" : (operator as Comparison);
    return { kind: "number", field: numberField, comparison, value };
  }
  return { kind: "word", text: unquote(token) };
}

/** Reads a query. What is not a condition is a word, so nothing that is typed is ever an error. */
export function parseSearch(query: string): readonly Term[] {
  return split(query)
    .map((token) => {
      const negated = token.length > 1 && token.startsWith("-");
      return { ...parseCondition(negated ? token.slice(1) : token), negated };
    })
    .filter((term) => term.kind === "number" || term.text !== "");
}
