import Check from "lucide-solid/icons/check";
import { createEffect, type JSX, Show } from "solid-js";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { Button } from "../../ui/Button";
import type { Chosen } from "./createChosen";

export interface ChosenBarProps {
  readonly chosen: Chosen;
  /** How many are listed. */
  readonly listed: number;
  readonly onAcknowledge: () => void;
}

/** What can be done with several alerts at once. */
export function ChosenBar(props: ChosenBarProps): JSX.Element {
  const { t, locale } = useTexts();
  const count = () => props.chosen.ids().length;
  const all = () => count() > 0 && count() === props.listed;
  return (
    <div class="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-panel px-4 py-1.5">
      <label class="flex items-center gap-3 text-dim">
        <input
          ref={(box) =>
            createEffect(() => {
              box.indeterminate = count() > 0 && !all();
            })
          }
          type="checkbox"
          class="size-4 accent-[var(--accent)]"
          checked={all()}
          onChange={() => (all() ? props.chosen.clear() : props.chosen.chooseAll())}
        />
        {t("alerts.selectAll")}
      </label>
      <Show when={count() > 0}>
        <span class="text-dim tabular-nums" aria-live="polite">
          {t("alerts.selected", { count: formatCount(count(), locale()) })}
        </span>
        <Button look="primary" onClick={() => props.onAcknowledge()}>
          <Check class="size-4" aria-hidden="true" />
          {t("alerts.acknowledge")}
        </Button>
        {/* On a phone the box above does the same. */}
        <span class="hidden sm:block">
          <Button look="quiet" onClick={() => props.chosen.clear()}>
            {t("alerts.deselect")}
          </Button>
        </span>
      </Show>
    </div>
  );
}
