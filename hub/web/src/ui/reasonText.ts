import type { Resource } from "../api/types";
import { useTexts } from "../i18n/texts";
import { reasonOf } from "../listing/reason";

/** Says in the viewer's language why a resource is in trouble; undefined when nobody knows. */
export function useReasonText(): (resource: Resource) => string | undefined {
  const { t } = useTexts();
  return (resource) => {
    const reason = reasonOf(resource);
    if (!reason) return undefined;
    if (reason.kind === "words") return reason.words;
    if (reason.kind === "replicas" || reason.kind === "tasks") {
      return t(`reason.${reason.kind}`, { ready: reason.ready, wanted: reason.wanted });
    }
    return t(`reason.${reason.kind}`);
  };
}
