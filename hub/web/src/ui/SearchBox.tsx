import Search from "lucide-solid/icons/search";
import X from "lucide-solid/icons/x";
import { type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";

export interface SearchBoxProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly example: string;
}

/** The search of a page; `/` moves the focus here. */
export function SearchBox(props: SearchBoxProps): JSX.Element {
  const { t } = useTexts();
  return (
    <label class="relative flex h-8 min-w-0 flex-1 items-center sm:max-w-md">
      <span class="sr-only">{t("table.search")}</span>
      <Search class="pointer-events-none absolute left-2.5 size-4 text-faint" aria-hidden="true" />
      <input
        type="search"
        data-page-search
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        class="h-full w-full rounded-box border border-line-strong bg-raised pr-8 pl-8 text-text placeholder:text-faint"
        placeholder={t("table.searchHelp", { example: props.example })}
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          if (props.value) props.onInput("");
          else event.currentTarget.blur();
        }}
      />
      <Show when={props.value}>
        <button
          type="button"
          class="absolute right-1 grid size-6 place-items-center rounded-[4px] text-faint hover:text-text"
          aria-label={t("table.clear")}
          onClick={() => props.onInput("")}
        >
          <X class="size-4" aria-hidden="true" />
        </button>
      </Show>
    </label>
  );
}
