import { For, type JSX } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { createPlaces } from "../../places/createPlaces";
import { Modal } from "../../ui/Modal";

const keys = [
  { key: "palette", caps: ["Ctrl/⌘ K"] },
  { key: "search", caps: ["/"] },
  { key: "move", caps: ["↑", "↓", "Page", "Home", "End"] },
  { key: "open", caps: ["Enter"] },
  { key: "select", caps: ["x"] },
  { key: "acknowledge", caps: ["a"] },
  { key: "close", caps: ["Esc"] },
  { key: "help", caps: ["?"] },
] as const;

/** The list of keys. */
export default function KeysHelp(props: { readonly onClose: () => void }): JSX.Element {
  const { t } = useTexts();
  const { shown } = createPlaces();
  const rows = () => [
    ...keys.map((item) => ({ term: t(`keys.${item.key}`), caps: item.caps })),
    {
      term: shown()
        .map((place) => t(`nav.${place.key}`))
        .join(", "),
      caps: shown().map((_place, index) => String(index + 1)),
    },
  ];
  return (
    <Modal title={t("keys.title")} onClose={props.onClose}>
      <dl class="flex flex-col gap-2.5 overflow-auto px-5 py-4">
        <For each={rows()}>
          {(item) => (
            <div class="flex items-center justify-between gap-6">
              <dt class="text-dim">{item.term}</dt>
              <dd class="flex gap-1">
                <For each={item.caps}>
                  {(cap) => (
                    <kbd class="rounded-[4px] border border-line-strong bg-bg px-1.5 font-sans text-[12px] leading-5">
                      {cap}
                    </kbd>
                  )}
                </For>
              </dd>
            </div>
          )}
        </For>
      </dl>
    </Modal>
  );
}
