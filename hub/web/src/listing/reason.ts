import { asList, asNumber, asObject, asText } from "../api/json";
import type { Resource } from "../api/types";

/** Why a resource is in trouble: words as the platform says them, or something to be said in the viewer's language. */
export type Reason =
  | { readonly kind: "words"; readonly words: string }
  | { readonly kind: "replicas" | "tasks"; readonly ready: number; readonly wanted: number }
  | { readonly kind: "notReady" | "cordoned" | "disabled" | "inactive" | "connection" };

function words(...parts: readonly (string | undefined)[]): Reason | undefined {
  const known = parts.filter((part) => part !== undefined);
  return known.length === 0 ? undefined : { kind: "words", words: known.join(": ") };
}

function counted(kind: "replicas" | "tasks", ready: unknown, wanted: unknown): Reason | undefined {
  const [have, want] = [asNumber(ready) ?? 0, asNumber(wanted)];
  return want === undefined || have >= want ? undefined : { kind, ready: have, wanted: want };
}

/** A pod's own reason, or that of its first container which waits for something. */
function reasonOfPod(data: Resource["platformData"]): Reason | undefined {
  const waiting = asList(data.containers)
    .map(asObject)
    .find((container) => container.state !== "running" && asText(container.reason));
  return words(
    asText(data.reason) ?? asText(waiting?.reason),
    asText(data.message) ?? asText(waiting?.message),
  );
}

function reasonOfType(resource: Resource): Reason | undefined {
  const data = resource.platformData;
  switch (resource.type) {
    case "docker-container":
      return words(asText(data.status));
    case "pod":
      return reasonOfPod(data);
    case "k8s-deployment":
      return counted("replicas", data.readyReplicas, data.desiredReplicas);
    case "docker-service":
      return counted("tasks", data.runningTasks, data.desiredTasks);
    case "k8s-node":
      if (data.ready === false) return { kind: "notReady" };
      return data.unschedulable === true ? { kind: "cordoned" } : undefined;
    case "storage":
      if (data.enabled === false) return { kind: "disabled" };
      return data.active === false ? { kind: "inactive" } : undefined;
    default: {
      const connection = asText(data.connectionHealth);
      return connection === undefined || connection === "healthy" ? undefined : { kind: "connection" };
    }
  }
}

/** Why a resource is offline or degraded, as far as the hub tells; undefined for one that is well. */
export function reasonOf(resource: Resource): Reason | undefined {
  if (resource.status !== "offline" && resource.status !== "degraded") return undefined;
  return words(resource.statusReason ?? asText(resource.platformData.error)) ?? reasonOfType(resource);
}
