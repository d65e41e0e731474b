import { createMemo, type JSX } from "solid-js";
import { type Locale, usePreferences } from "../state/preferences";
import { en } from "./en";
import { makeCatalogues } from "./makeCatalogues";

const catalogues = makeCatalogues(en, {
  de: async () => (await import("./de")).de,
  es: async () => (await import("./es")).es,
});

/** The viewer's own variety of the chosen language when the browser names one, so that dates read as at home. */
function varietyOf(locale: Locale): string {
  return navigator.languages.find((language) => language.startsWith(locale)) ?? locale;
}

/** Looks up a text by its dotted key and fills in its `{{names}}`. */
export type Translate = ReturnType<typeof catalogues.use>;

export interface Texts {
  readonly t: Translate;
  /** The language numbers and dates are written in. */
  readonly locale: () => string;
}

export function useTexts(): Texts {
  const preferences = usePreferences();
  const locale = createMemo(() => varietyOf(preferences.locale()));
  return { t: catalogues.use(), locale };
}

/** Gives the page its language. */
export function TextsProvider(props: { readonly children: JSX.Element }): JSX.Element {
  return <catalogues.Provider>{props.children}</catalogues.Provider>;
}
