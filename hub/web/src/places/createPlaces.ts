import { createMemo, untrack } from "solid-js";
import { useLive } from "../state/connection";
import { type Place, type PlaceKey, placeKeyOf, places } from "./placeOf";

export interface Places {
  /** Those that are always there, and those that have something to show. */
  readonly shown: () => readonly Place[];
  /** How much each place shows; the overview and the settings count nothing, and alerts are counted by level. */
  readonly counts: () => Readonly<Record<PlaceKey, number>>;
}

/** Where one can go now. */
export function createPlaces(): Places {
  const { store } = useLive();
  const counts = createMemo(() => {
    store.ids();
    const sums = { overview: 0, alerts: 0, proxmox: 0, hosts: 0, services: 0, settings: 0 };
    // A storage is among the details of a node, and no row of its own.
    for (const resource of untrack(store.all))
      if (resource.type !== "storage") sums[placeKeyOf(resource)] += 1;
    return sums;
  });
  const hasServices = createMemo(() => counts().services > 0);
  const shown = createMemo(() => places.filter((place) => place.key !== "services" || hasServices()));
  return { shown, counts };
}
