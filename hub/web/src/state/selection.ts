import { useSearchParams } from "@solidjs/router";

export interface Selection {
  readonly id: () => string | undefined;
  /** Shows more about one; the address bar keeps it. */
  readonly open: (id: string) => void;
  readonly close: () => void;
}

/** There is room for one drawer: to open one closes the other. `began` tells one past time of an alert from others. */
const parameters = ["id", "alert", "began"] as const;

/** What a drawer is about, as the address bar says: `?id=` is a resource, `?alert=` an alert. */
export function createSelection(parameter: "id" | "alert" = "id"): Selection {
  const [params, setParams] = useSearchParams();
  const id = () => {
    const value = params[parameter];
    return typeof value === "string" && value ? value : undefined;
  };
  const only = (value: string | undefined) => ({
    ...Object.fromEntries(parameters.map((name) => [name, undefined])),
    [parameter]: value,
  });
  return {
    id,
    // The first opening is a step to go back from; moving on from row to row is not.
    open: (next) => setParams(only(next), { scroll: false, replace: id() !== undefined }),
    close: () => setParams(only(undefined), { scroll: false }),
  };
}
