import { type JSX, Show } from "solid-js";
import type { Resource } from "../api/types";
import { titleOf } from "../listing/readers";

/** What a person calls the resource, and its own name where that is another; the place sets weight and colour. */
export function ResourceName(props: { readonly resource: Resource }): JSX.Element {
  const title = () => titleOf(props.resource);
  return (
    <>
      <span>{title()}</span>
      <Show when={props.resource.name !== title()}>
        <span class="ml-2 text-[12px] font-normal text-faint">{props.resource.name}</span>
      </Show>
    </>
  );
}
