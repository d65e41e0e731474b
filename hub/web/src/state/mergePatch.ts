import { isObject } from "../api/json";
import type { Json, JsonObject } from "../api/types";

/**
 * Applies an RFC 7396 JSON merge patch without changing either argument.
 * Parts the patch does not touch keep their identity.
 */
export function mergePatch(target: JsonObject, patch: JsonObject): JsonObject {
  const result: Record<string, Json | undefined> = { ...target };
  for (const [key, value] of Object.entries(patch)) {
    // Assigning this name would change the object's prototype instead of adding data.
    if (key === "__proto__") continue;
    if (value === null || value === undefined) delete result[key];
    else if (isObject(value)) {
      const old = result[key];
      result[key] = mergePatch(isObject(old) ? old : {}, value);
    } else result[key] = value;
  }
  return result;
}
