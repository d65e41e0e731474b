import ChevronLeft from "lucide-solid/icons/chevron-left";
import ChevronRight from "lucide-solid/icons/chevron-right";
import { type JSX, Show } from "solid-js";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { Button } from "../../ui/Button";
import { pageSize } from "./createPast";

export interface PageControlProps {
  /** Counted from 0. */
  readonly page: number;
  /** How many rows it has. */
  readonly shown: number;
  /** There is a page after it. */
  readonly more: boolean;
  readonly onPage: (page: number) => void;
}

/** Goes from page to page of the history; nothing where there is one only. */
export function PageControl(props: PageControlProps): JSX.Element {
  const { t, locale } = useTexts();
  const first = () => props.page * pageSize;
  return (
    <Show when={props.page > 0 || props.more}>
      <div class="ml-auto flex items-center gap-2">
        <span class="text-dim tabular-nums" aria-live="polite">
          {t("alerts.history.page", {
            from: formatCount(first() + 1, locale()),
            to: formatCount(first() + props.shown, locale()),
          })}
        </span>
        <Button
          disabled={props.page === 0}
          class="disabled:opacity-50"
          onClick={() => props.onPage(props.page - 1)}
        >
          <ChevronLeft class="size-4" aria-hidden="true" />
          {t("alerts.history.newer")}
        </Button>
        <Button
          disabled={!props.more}
          class="disabled:opacity-50"
          onClick={() => props.onPage(props.page + 1)}
        >
          {t("alerts.history.older")}
          <ChevronRight class="size-4" aria-hidden="true" />
        </Button>
      </div>
    </Show>
  );
}
