import { createSignal, For, type JSX, onCleanup, Show } from "solid-js";
import type { Metric, Resource } from "../api/types";
import { formatBytes, formatPercent } from "../format/numbers";
import { formatAge } from "../format/times";
import { useTexts } from "../i18n/texts";
import { useLive } from "../state/connection";

interface Target {
  readonly id: string;
  readonly metric: "cpu" | "memory" | "disk";
  readonly x: number;
  readonly y: number;
}

const tipWidth = 240;

function targetOf(event: PointerEvent): Target | undefined {
  if (event.pointerType === "touch" || !(event.target instanceof Element)) return undefined;
  const cell = event.target.closest<HTMLElement>("[data-tip]");
  const id = cell?.closest<HTMLElement>("[data-resource]")?.dataset.resource;
  const metric = cell?.dataset.tip;
  if (!cell || !id || (metric !== "cpu" && metric !== "memory" && metric !== "disk")) return undefined;
  const box = cell.getBoundingClientRect();
  return { id, metric, x: Math.min(box.left, window.innerWidth - tipWidth - 8), y: box.bottom + 8 };
}

/**
 * Says of any bar under the pointer what it is made of, where it comes from
 * and how old it is. One layer for the page: thousands of cells cost nothing.
 */
export function TipLayer(): JSX.Element {
  const { t, locale } = useTexts();
  const live = useLive();
  const [target, setTarget] = createSignal<Target>();
  const follow = (event: PointerEvent) => setTarget(targetOf(event));
  const hide = () => setTarget(undefined);
  document.addEventListener("pointerover", follow);
  document.addEventListener("scroll", hide, { capture: true, passive: true });
  onCleanup(() => {
    document.removeEventListener("pointerover", follow);
    document.removeEventListener("scroll", hide, { capture: true });
  });

  function amounts(metric: Metric): readonly string[] {
    if (metric.total === undefined || metric.used === undefined) return [];
    const used = t("tip.used", {
      used: formatBytes(metric.used, locale()),
      total: formatBytes(metric.total, locale()),
    });
    const free =
      metric.free === undefined ? [] : [t("tip.free", { free: formatBytes(metric.free, locale()) })];
    return [used, ...free];
  }
  function origin(resource: Resource): string {
    const source =
      resource.platformType === "host-agent"
        ? t("tip.agent")
        : t("tip.api", { platform: resource.platformType });
    return t("tip.from", { source });
  }
  function freshness(resource: Resource): readonly string[] {
    if (resource.lastSeen === undefined) return [];
    const age = formatAge(live.now() - resource.lastSeen);
    const old = resource.stale || live.freshness() === "stale";
    return [old ? t("tip.old", { age }) : t("tip.seen", { age })];
  }
  const lines = () => {
    const at = target();
    const resource = at && live.store.resource(at.id);
    const metric = at && resource?.[at.metric];
    if (!resource || !metric) return [];
    return [...amounts(metric), origin(resource), ...freshness(resource)];
  };
  const heading = () => {
    const at = target();
    if (!at) return "";
    return `${t(`column.${at.metric}`)} ${formatPercent(live.store.resource(at.id)?.[at.metric]?.current, locale())}`;
  };
  return (
    <Show when={target()}>
      {(at) => (
        <Show when={lines().length > 0}>
          <div
            role="tooltip"
            class="pointer-events-none fixed z-50 rounded-box border border-line-strong bg-raised px-3 py-2 text-[12px]"
            style={{
              left: `${at().x}px`,
              top: `${at().y}px`,
              width: `${tipWidth}px`,
              "box-shadow": "var(--shadow)",
            }}
          >
            <div class="font-medium tabular-nums">{heading()}</div>
            <For each={lines()}>{(line) => <div class="text-dim tabular-nums">{line}</div>}</For>
          </div>
        </Show>
      )}
    </Show>
  );
}
