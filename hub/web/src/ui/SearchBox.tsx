import Search from "lucide-solid/icons/search";
import X from "lucide-solid/icons/x";
import { createEffect, type JSX, on, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import { createNarrow } from "./viewport";

export interface SearchBoxProps {
  readonly value: string;
  readonly onInput: (value: string) => void;
  readonly example: string;
}

/** The search of a page; `/` moves the focus here. */
export function SearchBox(props: SearchBoxProps): JSX.Element {
  const { t } = useTexts();
  const narrow = createNarrow();
  let input!: HTMLInputElement;
  /** What was handed on last and has not come back: until it does, older values on their way are ignored. */
  let pending: string | undefined;
  const send = (text: string) => {
    pending = text;
    props.onInput(text);
  };
  const clear = () => {
    input.value = "";
    send("");
  };
  createEffect(
    on(
      () => props.value,
      (value) => {
        if (pending === undefined) input.value = value;
        if (pending === value) pending = undefined;
      },
    ),
  );
  return (
    <label class="relative flex h-8 min-w-0 flex-1 items-center sm:max-w-md">
      <span class="sr-only">{t("table.search")}</span>
      <Search class="pointer-events-none absolute left-2.5 size-4 text-faint" aria-hidden="true" />
      <input
        ref={input}
        type="search"
        data-page-search
        autocomplete="off"
        autocapitalize="off"
        spellcheck={false}
        class="h-full w-full rounded-box border border-line-strong bg-raised pr-8 pl-8 text-text placeholder:text-faint"
        placeholder={narrow() ? t("table.search") : t("table.searchHelp", { example: props.example })}
        onInput={(event) => send(event.currentTarget.value)}
        onBlur={() => {
          pending = undefined;
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          if (event.currentTarget.value) clear();
          else event.currentTarget.blur();
        }}
      />
      <Show when={props.value}>
        <button
          type="button"
          class="absolute right-1 grid size-6 place-items-center rounded-[4px] text-faint hover:text-text"
          aria-label={t("table.clear")}
          onClick={clear}
        >
          <X class="size-4" aria-hidden="true" />
        </button>
      </Show>
    </label>
  );
}
