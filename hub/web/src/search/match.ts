import { asNumber, asText, asTexts } from "../api/json";
import type { Resource } from "../api/types";
import type { Comparison, NumberField, Term, TextField } from "./parse";

/** Names people use for the types of the API. */
const typeNames: Readonly<Record<string, readonly string[]>> = {
  vm: ["vm", "qemu"],
  container: ["container", "lxc", "ct"],
  "oci-container": ["container", "oci", "ct"],
};

function textsOf(resource: Resource, field: TextField): readonly (string | undefined)[] {
  const data = resource.platformData;
  switch (field) {
    case "node":
      return [asText(data.node), resource.type === "node" ? resource.name : undefined];
    case "type":
      return typeNames[resource.type] ?? [resource.type, asText(data.type)];
    case "tag":
      return resource.tags;
    case "status":
      return [resource.status, resource.stale ? "stale" : undefined];
    case "os":
      return [asText(data.osName), asText(data.osVersion), asText(data.platform)];
    case "ip":
      return [...(resource.identity?.ips ?? []), ...asTexts(data.ipAddresses)];
    case "id":
      return [resource.id, asNumber(data.vmid)?.toString()];
    case "name":
      return [resource.name, resource.displayName];
    case "instance":
      return [asText(data.instance), asText(data.clusterName)];
    case "source":
      return [resource.platformId, resource.platformType];
    case "kernel":
      return [asText(data.kernelVersion)];
    case "agent":
      return [asText(data.agentVersion)];
  }
}

function numberOf(resource: Resource, field: NumberField): number | undefined {
  switch (field) {
    case "cpu":
    case "memory":
    case "disk":
      return resource[field]?.current;
    case "temp":
      return resource.temperature;
    case "uptime":
      return resource.uptime;
    case "in":
      return resource.rates?.netIn;
    case "out":
      return resource.rates?.netOut;
    case "read":
      return resource.rates?.diskRead;
    case "write":
      return resource.rates?.diskWrite;
  }
}

function compare(comparison: Comparison, left: number, right: number): boolean {
  switch (comparison) {
    case ">":
      return left > right;
    case ">=":
      return left >= right;
    case "<":
      return left < right;
    case "<=":
      return left <= right;
    case "=":
      return Math.round(left) === Math.round(right);
  }
}

/** These name one of a few things, so half a word of them is not meant. */
const wholeWord: ReadonlySet<TextField> = new Set<TextField>(["type", "status", "node"]);
const wordFields: readonly TextField[] = ["name", "tag", "ip"];

function holds(term: Term, resource: Resource): boolean {
  if (term.kind === "number") {
    const value = numberOf(resource, term.field);
    return value !== undefined && compare(term.comparison, value, term.value);
  }
  if (term.kind === "word") {
    const vmid = asNumber(resource.platformData.vmid)?.toString();
    if (vmid === term.text) return true;
    return wordFields.some((field) => includes(textsOf(resource, field), term.text, false));
  }
  return includes(textsOf(resource, term.field), term.text, wholeWord.has(term.field));
}

function includes(texts: readonly (string | undefined)[], wanted: string, whole: boolean): boolean {
  return texts.some((text) => {
    const lower = text?.toLowerCase();
    return whole ? lower === wanted : lower?.includes(wanted);
  });
}

/** True when every term holds for the resource. A number nobody measured satisfies no comparison. */
export function matchesSearch(terms: readonly Term[], resource: Resource): boolean {
  return terms.every((term) => holds(term, resource) !== term.negated);
}
