import { useSearchParams } from "@solidjs/router";

export interface Selection {
  readonly id: () => string | undefined;
  /** Shows a resource's details; the address bar keeps it. */
  readonly open: (id: string) => void;
  readonly close: () => void;
}

/** Which resource's details are open, as the address bar says in `?id=`. */
export function createSelection(): Selection {
  const [params, setParams] = useSearchParams();
  const id = () => (typeof params.id === "string" && params.id ? params.id : undefined);
  return {
    id,
    // The first opening is a step to go back from; moving on from row to row is not.
    open: (next) => setParams({ id: next }, { scroll: false, replace: id() !== undefined }),
    close: () => setParams({ id: undefined }, { scroll: false }),
  };
}
