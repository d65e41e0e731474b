import type { Resource } from "../../../api/types";
import { useLive } from "../../../state/connection";

/** The machines whose agent can be asked for commands, by name. */
export function machinesOf(resources: readonly Resource[]): readonly Resource[] {
  return resources
    .filter((resource) => resource.type === "host")
    .toSorted((a, b) => machineName(a).localeCompare(machineName(b)));
}

export function machineName(resource: Resource): string {
  return resource.displayName || resource.name;
}

/** Names the machine of an agent; undefined while the hub does not see it. */
export function useMachineName(): (agent: string) => string | undefined {
  const live = useLive();
  return (agent) => {
    const all = live.overall();
    const machine =
      all.find((item) => item.type === "host" && item.id === agent) ??
      all.find((item) => item.platformData.agentId === agent);
    return machine && machineName(machine);
  };
}
