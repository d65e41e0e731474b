import { A, useLocation } from "@solidjs/router";
import { QueryClient, QueryClientProvider } from "@tanstack/solid-query";
import { createEffect, For, type JSX, on, onCleanup, Suspense } from "solid-js";
import { SettingsTexts, useSettingsTexts } from "../../i18n/settings/texts";
import { Loading } from "../../ui/Loading";
import { sectionsFor } from "./sections";
import { useMe } from "./useMe";

/** The frame of the settings: the list of their parts, and the one that is open. */
export default function Settings(props: { readonly children?: JSX.Element }): JSX.Element {
  // A refused request is not worth repeating, and what others change shows within seconds.
  const queries = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } });
  onCleanup(() => queries.clear());
  return (
    <QueryClientProvider client={queries}>
      <SettingsTexts>
        <Sections>{props.children}</Sections>
      </SettingsTexts>
    </QueryClientProvider>
  );
}

function Sections(props: { readonly children?: JSX.Element }): JSX.Element {
  const t = useSettingsTexts();
  const me = useMe();
  const location = useLocation();
  let list: HTMLElement | undefined;
  // On a phone there is no room for all names beside each other.
  createEffect(
    on(
      () => location.pathname,
      () => list?.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" }),
    ),
  );
  const shown = () => sectionsFor(me.isSuccess ? me.data.permissions : undefined);
  return (
    <div class="flex min-h-0 flex-1 flex-col sm:flex-row">
      <nav
        ref={list}
        aria-label={t("nav.label")}
        class="flex shrink-0 gap-0.5 overflow-x-auto border-b border-line bg-panel px-3 py-2 sm:w-48 sm:flex-col sm:overflow-visible sm:border-r sm:border-b-0 sm:py-3"
      >
        <For each={shown()}>
          {(section) => (
            <A
              href={section.path}
              end
              class="flex h-8 shrink-0 items-center rounded-box px-2.5 whitespace-nowrap"
              activeClass="bg-accent-soft font-medium text-accent"
              inactiveClass="text-dim hover:bg-hover hover:text-text"
            >
              {t(`nav.${section.key}`)}
            </A>
          )}
        </For>
      </nav>
      <div class="min-h-0 min-w-0 flex-1 overflow-auto p-4 sm:p-5">
        <Suspense fallback={<Loading text={t("common.loading")} />}>{props.children}</Suspense>
      </div>
    </div>
  );
}
