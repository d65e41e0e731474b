import { A } from "@solidjs/router";
import { For, type JSX, Show } from "solid-js";
import { Dynamic } from "solid-js/web";
import { useTexts } from "../../i18n/texts";
import type { Place } from "../../places/placeOf";
import { AlertBadge } from "./AlertBadge";
import { placeIcons } from "./placeIcons";

/** The navigation on a phone, under the thumb. The settings are in the menu above: there is no room for more. */
export function BottomNav(props: { readonly places: readonly Place[] }): JSX.Element {
  const { t } = useTexts();
  return (
    <nav
      aria-label={t("nav.label")}
      class="flex shrink-0 border-t border-line bg-panel pb-[env(safe-area-inset-bottom)] sm:hidden"
    >
      <For each={props.places.filter((place) => place.key !== "settings")}>
        {(place) => (
          <A
            href={place.path}
            end
            class="flex flex-1 flex-col items-center gap-0.5 py-2 text-[11px]"
            activeClass="text-accent font-medium"
            inactiveClass="text-dim"
          >
            <span class="relative">
              <Dynamic component={placeIcons[place.key]} class="size-5" aria-hidden="true" />
              <Show when={place.key === "alerts"}>
                <span class="absolute -top-1 left-4">
                  <AlertBadge brief />
                </span>
              </Show>
            </span>
            {t(`nav.${place.key}`)}
          </A>
        )}
      </For>
    </nav>
  );
}
