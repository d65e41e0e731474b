import type { JSX } from "solid-js";
import type { Resource } from "../../api/types";
import { AlertMark } from "../../ui/AlertMark";
import { ReadingList } from "../../ui/ReadingList";
import { ResourceName } from "../../ui/ResourceName";
import { StatusMark } from "../../ui/StatusMark";
import { useTypeName } from "../../ui/typeName";

/** One service on a phone: name and state, what it is, and its first numbers. */
export function ServiceCard(props: { readonly resource: Resource }): JSX.Element {
  const typeName = useTypeName();
  return (
    <span class="flex flex-col gap-2.5">
      <span class="flex items-center gap-2">
        <span class="min-w-0 flex-1 truncate font-medium text-text">
          <AlertMark resource={props.resource.id} />
          <ResourceName resource={props.resource} />
        </span>
        <StatusMark status={props.resource.status} stale={props.resource.stale} />
      </span>
      <span class="flex items-baseline gap-4">
        <span class="max-w-[40%] shrink-0 truncate text-dim">{typeName(props.resource.type)}</span>
        <ReadingList resource={props.resource} most={2} />
      </span>
    </span>
  );
}
