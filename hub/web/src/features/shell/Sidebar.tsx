import { A } from "@solidjs/router";
import Keyboard from "lucide-solid/icons/keyboard";
import Search from "lucide-solid/icons/search";
import { For, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import type { Places } from "../../places/createPlaces";
import type { PlaceKey } from "../../places/placeOf";
import { Logo } from "../../ui/Logo";
import { AlertBadge } from "./AlertBadge";
import { ConnectionState } from "./ConnectionState";
import { PreferencesMenu } from "./PreferencesMenu";
import { placeIcons } from "./placeIcons";

export interface SidebarProps {
  readonly places: Places;
  readonly onPalette: () => void;
  readonly onKeys: () => void;
  readonly onSignOut: () => void;
}

/** The navigation on everything wider than a phone. */
export function Sidebar(props: SidebarProps): JSX.Element {
  const { t, locale } = useTexts();
  const count = (key: PlaceKey) => props.places.counts()[key];
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
        <For each={props.places.shown()}>
          {(place) => (
            <A
              href={place.path}
              end={place.path === "/"}
              class="flex h-8 items-center gap-2.5 rounded-box px-2.5"
              activeClass="bg-accent-soft font-medium text-accent"
              inactiveClass="text-dim hover:bg-hover hover:text-text"
            >
              <Dynamic component={placeIcons[place.key]} class="size-4" aria-hidden="true" />
              <span class="flex-1">{t(`nav.${place.key}`)}</span>
              <Show
                when={place.key === "alerts"}
                fallback={
                  <span class="text-[12px] tabular-nums">
                    {count(place.key) ? formatCount(count(place.key), locale()) : ""}
                  </span>
                }
              >
                <AlertBadge />
              </Show>
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
