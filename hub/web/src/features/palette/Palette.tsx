import { useNavigate } from "@solidjs/router";
import { createEffect, createMemo, createSignal, For, type JSX, on, Show, untrack } from "solid-js";
import type { Resource } from "../../api/types";
import { useTexts } from "../../i18n/texts";
import { titleOf } from "../../listing/readers";
import { placeOf } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { Modal } from "../../ui/Modal";
import { useTypeName } from "../../ui/typeName";
import { createActions } from "./createActions";
import { type Entry, findActions, findResources } from "./findEntries";

export interface PaletteProps {
  readonly onClose: () => void;
  readonly onSignOut: () => void;
  readonly onKeys: () => void;
}

/** Jumps to any resource, and does anything, from the keyboard. */
export default function Palette(props: PaletteProps): JSX.Element {
  const { t } = useTexts();
  const { store } = useLive();
  const navigate = useNavigate();
  const typeName = useTypeName();
  const actions = createActions({ onSignOut: () => props.onSignOut(), onKeys: () => props.onKeys() });
  const [typed, setTyped] = createSignal("");
  const [at, setAt] = createSignal(0);
  let list: HTMLDivElement | undefined;

  const toEntry = (resource: Resource): Entry => ({
    key: `resource ${resource.id}`,
    kind: "resource",
    title: titleOf(resource),
    detail: typeName(resource.type),
    run: () => navigate(placeOf(resource)),
  });
  const entries = createMemo(() => {
    store.ids();
    const found = findResources(untrack(store.all), typed()).map(toEntry);
    return [...found, ...findActions(actions(), typed())];
  });
  createEffect(on(typed, () => setAt(0), { defer: true }));
  createEffect(() => list?.children[at()]?.scrollIntoView({ block: "nearest" }));

  function run(entry: Entry | undefined): void {
    if (!entry) return;
    props.onClose();
    entry.run();
  }
  function onKeyDown(event: KeyboardEvent): void {
    const last = entries().length - 1;
    if (event.key === "ArrowDown") setAt(at() >= last ? 0 : at() + 1);
    else if (event.key === "ArrowUp") setAt(at() <= 0 ? Math.max(0, last) : at() - 1);
    else if (event.key === "Enter") run(entries()[at()]);
    else return;
    event.preventDefault();
  }
  return (
    <Modal title={t("palette.title")} bare onClose={props.onClose}>
      <input
        type="text"
        role="combobox"
        aria-label={t("palette.title")}
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={`palette-${at()}`}
        autocomplete="off"
        spellcheck={false}
        class="h-12 w-full shrink-0 border-b border-line bg-raised px-5 text-sm outline-none placeholder:text-faint"
        placeholder={t("palette.placeholder")}
        value={typed()}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onKeyDown={onKeyDown}
      />
      <div
        ref={list}
        id="palette-list"
        role="listbox"
        aria-label={t("palette.title")}
        tabIndex={-1}
        class="min-h-0 flex-1 overflow-auto p-2"
      >
        <For each={entries()}>
          {(entry, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the keys are handled by the box above
            <div
              id={`palette-${index()}`}
              role="option"
              tabIndex={-1}
              aria-selected={at() === index()}
              class="flex h-9 items-center gap-3 rounded-box px-3 aria-selected:bg-accent-soft aria-selected:text-accent"
              onPointerMove={() => setAt(index())}
              onClick={() => run(entry)}
            >
              <span class="min-w-0 flex-1 truncate">{entry.title}</span>
              <span class="text-[12px] text-faint">{entry.detail}</span>
            </div>
          )}
        </For>
      </div>
      <Show when={entries().length === 0}>
        <p class="px-5 pb-5 text-dim">{t("palette.nothing")}</p>
      </Show>
    </Modal>
  );
}
