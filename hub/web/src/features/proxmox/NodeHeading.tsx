import { createMemo, type JSX, Show } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { MetricBar } from "../../ui/MetricBar";
import { ResourceName } from "../../ui/ResourceName";
import { StatusMark } from "../../ui/StatusMark";
import { createNarrow } from "../../ui/viewport";
import { countGuests } from "./countGuests";

export interface NodeHeadingProps {
  readonly id: string;
  readonly onOpen: (id: string) => void;
}

/** The line above a node's guests. */
export function NodeHeading(props: NodeHeadingProps): JSX.Element {
  const { t } = useTexts();
  const { store, overall } = useLive();
  const narrow = createNarrow();
  const node = createMemo(() => store.resource(props.id));
  const counts = createMemo(() => countGuests(overall(), props.id));
  return (
    <span class="flex w-full items-center gap-3" data-resource={props.id}>
      <Show when={node()} fallback={<span class="font-semibold">{props.id || t("status.unknown")}</span>}>
        {(current) => (
          <button
            type="button"
            class="flex min-w-0 items-center gap-2 text-left font-semibold hover:text-accent"
            onClick={() => props.onOpen(props.id)}
          >
            <StatusMark status={current().status} stale={current().stale} brief />
            <span class="truncate">
              <ResourceName resource={current()} />
            </span>
          </button>
        )}
      </Show>
      <span class="num shrink-0 text-faint">{t("proxmox.running", counts())}</span>
      <Show when={narrow() && node()}>
        {(current) => (
          <span class="ml-auto flex w-24 shrink-0 gap-3">
            <span class="flex-1">
              <MetricBar percent={current().cpu?.current} />
            </span>
          </span>
        )}
      </Show>
    </span>
  );
}
