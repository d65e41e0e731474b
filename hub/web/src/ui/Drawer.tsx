import X from "lucide-solid/icons/x";
import type { JSX } from "solid-js";
import { useTexts } from "../i18n/texts";

export interface DrawerProps {
  readonly label: string;
  /** Beside the button that closes it. */
  readonly heading: JSX.Element;
  readonly onClose: () => void;
  /** The id of the resource it is about, for tips. */
  readonly resource?: string;
  /** Its numbers are old. */
  readonly stale?: boolean;
  readonly children: JSX.Element;
}

/** More about one thing, beside the page; over it where there is no room beside. */
export function Drawer(props: DrawerProps): JSX.Element {
  const { t } = useTexts();
  return (
    <aside
      aria-label={props.label}
      data-stale={props.stale}
      data-resource={props.resource}
      class="fixed inset-0 z-30 flex flex-col overflow-hidden bg-panel sm:left-auto sm:w-[440px] sm:border-l sm:border-line sm:shadow-2xl lg:static lg:z-auto lg:w-[440px] lg:shrink-0 lg:shadow-none"
    >
      <header class="flex shrink-0 items-start gap-3 px-5 pt-4 pb-3.5">
        <div class="min-w-0 flex-1">{props.heading}</div>
        <button
          type="button"
          class="-mt-1 -mr-2 grid size-9 shrink-0 place-items-center rounded-box text-dim hover:bg-hover hover:text-text"
          aria-label={t("app.close")}
          title={`${t("app.close")} (Esc)`}
          onClick={() => props.onClose()}
        >
          <X class="size-5" aria-hidden="true" />
        </button>
      </header>
      <div class="min-h-0 flex-1 overflow-auto pb-6">{props.children}</div>
    </aside>
  );
}
