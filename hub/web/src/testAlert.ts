import type { Alert } from "./api/alertTypes";

/** An alert that a test says only the interesting parts of. */
export function makeAlert(id: string, more: Partial<Alert> = {}): Alert {
  return {
    id,
    type: "cpu",
    level: "warning",
    resourceName: `name of ${id}`,
    node: "",
    instance: "",
    message: `message of ${id}`,
    value: 90,
    threshold: 80,
    startedAt: 1000,
    acknowledged: false,
    resource: "",
    ...more,
  };
}
