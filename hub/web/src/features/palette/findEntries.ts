import type { Resource } from "../../api/types";

/** Something the palette can do. */
export interface Entry {
  readonly key: string;
  readonly kind: "action" | "resource";
  readonly title: string;
  readonly detail: string;
  readonly run: () => void;
}

const mostResources = 40;

/** How well a text answers what was typed: lower is better, undefined is not at all. */
export function rank(text: string, typed: string): number | undefined {
  const lower = text.toLowerCase();
  const at = lower.indexOf(typed);
  if (at === 0) return lower.length === typed.length ? 0 : 1;
  if (at > 0) return /[\s\-_.:/]/.test(lower.charAt(at - 1)) ? 2 : 3;
  return undefined;
}

function best(texts: readonly string[], typed: string): number | undefined {
  const ranks = texts.map((text) => rank(text, typed)).filter((value) => value !== undefined);
  return ranks.length === 0 ? undefined : Math.min(...ranks);
}

/** The resources that answer what was typed, the best first, at most a screenful. */
export function findResources(resources: readonly Resource[], typed: string): readonly Resource[] {
  const wanted = typed.trim().toLowerCase();
  if (wanted === "") return [];
  return resources
    .flatMap((resource) => {
      const texts = [
        resource.name,
        resource.displayName,
        ...resource.tags,
        ...(resource.identity?.ips ?? []),
      ];
      const value = best(texts, wanted);
      return value === undefined ? [] : [{ resource, value }];
    })
    .sort(
      (left, right) =>
        left.value - right.value ||
        left.resource.name.localeCompare(right.resource.name, undefined, { numeric: true }),
    )
    .slice(0, mostResources)
    .map((item) => item.resource);
}

/** The actions whose title has every typed word. */
export function findActions(actions: readonly Entry[], typed: string): readonly Entry[] {
  const words = typed.trim().toLowerCase().split(/\s+/);
  return actions.filter((action) => words.every((word) => action.title.toLowerCase().includes(word)));
}
