import { Popover } from "@kobalte/core/popover";
import { A } from "@solidjs/router";
import LogOut from "lucide-solid/icons/log-out";
import Settings from "lucide-solid/icons/settings";
import SlidersHorizontal from "lucide-solid/icons/sliders-horizontal";
import { For, type JSX } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { densities, locales, themes, usePreferences } from "../../state/preferences";
import { Button } from "../../ui/Button";
import { Segmented } from "../../ui/Segmented";

/** Languages by their own names, which need no translation. */
const languageNames = { en: "English", de: "Deutsch", es: "Español" } as const;

/** Theme, density and language, the settings, and the way out. */
export function PreferencesMenu(props: { readonly onSignOut: () => void }): JSX.Element {
  const { t } = useTexts();
  const preferences = usePreferences();
  const row = (title: string, control: JSX.Element) => (
    <div class="flex flex-col items-start gap-1.5">
      <span class="text-[12px] font-medium text-dim">{title}</span>
      {control}
    </div>
  );
  return (
    <Popover gutter={6} placement="top-start">
      <Popover.Trigger
        class="grid size-8 place-items-center rounded-box text-dim hover:bg-hover hover:text-text"
        aria-label={t("prefs.label")}
      >
        <SlidersHorizontal class="size-4" aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          class="z-50 flex w-[272px] flex-col gap-4 rounded-box border border-line-strong bg-raised p-4"
          style={{ "box-shadow": "var(--shadow)" }}
        >
          <Popover.Title class="sr-only">{t("prefs.label")}</Popover.Title>
          {row(
            t("prefs.theme"),
            <Segmented
              label={t("prefs.theme")}
              value={preferences.theme()}
              options={themes.map((value) => ({ value, text: t(`prefs.${value}`) }))}
              onChange={preferences.setTheme}
            />,
          )}
          {row(
            t("prefs.density"),
            <Segmented
              label={t("prefs.density")}
              value={preferences.density()}
              options={densities.map((value) => ({ value, text: t(`prefs.${value}`) }))}
              onChange={preferences.setDensity}
            />,
          )}
          {row(
            t("prefs.language"),
            <select
              aria-label={t("prefs.language")}
              class="h-8 w-full rounded-box border border-line-strong bg-raised px-2"
              value={preferences.locale()}
              onChange={(event) => {
                const chosen = locales.find((locale) => locale === event.currentTarget.value);
                if (chosen) preferences.setLocale(chosen);
              }}
            >
              <For each={locales}>{(locale) => <option value={locale}>{languageNames[locale]}</option>}</For>
            </select>,
          )}
          <Popover.CloseButton
            as={A}
            href="/settings"
            class="inline-flex h-8 w-full items-center justify-center gap-2 rounded-box border border-line-strong bg-raised hover:bg-hover"
          >
            <Settings class="size-4" aria-hidden="true" />
            {t("nav.settings")}
          </Popover.CloseButton>
          <Button class="w-full" onClick={() => props.onSignOut()}>
            <LogOut class="size-4" aria-hidden="true" />
            {t("gate.signOut")}
          </Button>
        </Popover.Content>
      </Popover.Portal>
    </Popover>
  );
}
