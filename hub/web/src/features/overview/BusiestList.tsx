import { A } from "@solidjs/router";
import { createMemo, For, type JSX, Show } from "solid-js";
import type { Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { titleOf } from "../../listing/readers";
import { placeOf } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { MetricBar } from "../../ui/MetricBar";
import { Panel } from "../../ui/Panel";
import { busiest } from "./totals";

const rows = 5;
const metrics = ["cpu", "memory", "disk"] as const;
const titles = { cpu: "overview.topCpu", memory: "overview.topMemory", disk: "overview.topDisk" } as const;

/** Who works hardest now, by processor, memory and disk. */
export function BusiestList(): JSX.Element {
  const { t } = useTexts();
  const { store, overall } = useLive();
  return (
    <Panel title={t("overview.busiest")}>
      <div class="grid gap-x-8 gap-y-5 px-4 pt-3 pb-4 sm:grid-cols-3">
        <For each={metrics}>
          {(metric) => {
            const ids = createMemo(() => busiest(overall(), metric, rows).map((resource) => resource.id));
            return (
              <div class="min-w-0">
                <h4 class="mb-1.5 text-[12px] font-medium text-faint">{t(titles[metric])}</h4>
                <ul class="flex flex-col gap-2">
                  <For each={ids()} fallback={<li class="text-faint">{t("overview.nothingBusy")}</li>}>
                    {(id) => (
                      <Show when={store.resource(id)}>
                        {(resource) => <Busy resource={resource()} metric={metric} />}
                      </Show>
                    )}
                  </For>
                </ul>
              </div>
            );
          }}
        </For>
      </div>
    </Panel>
  );
}

function Busy(props: {
  readonly resource: Resource;
  readonly metric: "cpu" | "memory" | "disk";
}): JSX.Element {
  return (
    <li data-resource={props.resource.id}>
      <A href={placeOf(props.resource)} class="block hover:text-accent">
        <span class="block truncate">{titleOf(props.resource)}</span>
        <MetricBar percent={props.resource[props.metric]?.current} tip={props.metric} />
      </A>
    </li>
  );
}
