import { A } from "@solidjs/router";
import Keyboard from "lucide-solid/icons/keyboard";
import Search from "lucide-solid/icons/search";
import { createMemo, For, type JSX, untrack } from "solid-js";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import type { PlaceKey } from "../../places/placeOf";
import { useLive } from "../../state/connection";
import { Logo } from "../../ui/Logo";
import { ConnectionState } from "./ConnectionState";
import { navigation } from "./navigation";
import { PreferencesMenu } from "./PreferencesMenu";

export interface SidebarProps {
  readonly onPalette: () => void;
  readonly onKeys: () => void;
  readonly onSignOut: () => void;
}

/** The navigation on everything wider than a phone. */
export function Sidebar(props: SidebarProps): JSX.Element {
  const { t, locale } = useTexts();
  const { store } = useLive();
  const counts = createMemo((): Readonly<Record<PlaceKey, number>> => {
    store.ids();
    const all = untrack(store.all);
    return {
      overview: 0,
      proxmox: all.filter(
        (resource) => resource.platformType === "proxmox-pve" && resource.type !== "storage",
      ).length,
      hosts: all.filter((resource) => resource.type === "host").length,
    };
  });
  return (
    <aside class="hidden w-[208px] shrink-0 flex-col border-r border-line bg-panel sm:flex">
      <div class="flex h-14 items-center gap-2.5 px-4">
        <Logo />
        <span class="text-base font-semibold tracking-tight">{t("app.name")}</span>
      </div>
      <button
        type="button"
        class="mx-3 mb-3 flex h-8 items-center gap-2 rounded-box border border-line-strong px-2.5 text-faint hover:text-text"
        onClick={() => props.onPalette()}
      >
        <Search class="size-4" aria-hidden="true" />
        <span class="flex-1 text-left">{t("palette.hint")}</span>
        <kbd class="font-sans text-[11px]">Ctrl K</kbd>
      </button>
      <nav aria-label={t("nav.label")} class="flex flex-1 flex-col gap-0.5 px-3">
        <For each={navigation}>
          {(place) => (
            <A
              href={place.path}
              end
              class="flex h-8 items-center gap-2.5 rounded-box px-2.5"
              activeClass="bg-accent-soft font-medium text-accent"
              inactiveClass="text-dim hover:bg-hover hover:text-text"
            >
              <place.icon class="size-4" aria-hidden="true" />
              <span class="flex-1">{t(`nav.${place.key}`)}</span>
              <span class="text-[12px] tabular-nums">
                {counts()[place.key] ? formatCount(counts()[place.key], locale()) : ""}
              </span>
            </A>
          )}
        </For>
      </nav>
      <div class="flex flex-col gap-1 border-t border-line p-3">
        <ConnectionState />
        <div class="flex items-center">
          <PreferencesMenu onSignOut={props.onSignOut} />
          <button
            type="button"
            class="grid size-8 place-items-center rounded-box text-dim hover:bg-hover hover:text-text"
            aria-label={t("keys.help")}
            title={`${t("keys.title")} (?)`}
            onClick={() => props.onKeys()}
          >
            <Keyboard class="size-4" aria-hidden="true" />
          </button>
        </div>
      </div>
    </aside>
  );
}
