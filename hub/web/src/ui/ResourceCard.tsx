import { type JSX, Show } from "solid-js";
import type { Resource } from "../api/types";
import { formatRate } from "../format/numbers";
import { formatDuration } from "../format/times";
import { useTexts } from "../i18n/texts";
import { measuredPercent } from "../listing/readers";
import { AlertMark } from "./AlertMark";
import { LabelledBar } from "./LabelledBar";
import { ResourceName } from "./ResourceName";
import { StatusMark } from "./StatusMark";

/** One resource on a phone: name and state, three bars, and what moves. */
export function ResourceCard(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const isWell = () =>
    !props.resource.stale && (props.resource.status === "online" || props.resource.status === "running");
  const metric = (key: "cpu" | "memory" | "disk") => (
    <LabelledBar title={t(`column.${key}`)} percent={measuredPercent(props.resource, key)} />
  );
  return (
    <span class="flex flex-col gap-2.5">
      <span class="flex items-center gap-2">
        <span class="min-w-0 flex-1 truncate font-medium text-text">
          <AlertMark resource={props.resource.id} />
          <ResourceName resource={props.resource} />
        </span>
        <Show when={isWell() && props.resource.uptime}>
          {(uptime) => <span class="num text-[12px] text-faint">{formatDuration(uptime())}</span>}
        </Show>
        <Show when={isWell() && props.resource.rates}>
          {(rates) => <span class="num text-[12px] text-faint">↓{formatRate(rates().netIn, locale())}</span>}
        </Show>
        <StatusMark status={props.resource.status} stale={props.resource.stale} brief={isWell()} />
      </span>
      <span class="flex gap-4">
        {metric("cpu")}
        {metric("memory")}
        {metric("disk")}
      </span>
    </span>
  );
}
