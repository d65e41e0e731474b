import { flatten, resolveTemplate, translator } from "@solid-primitives/i18n";
import { createContext, createMemo, createResource, type JSX, useContext } from "solid-js";
import { type Locale, usePreferences } from "../state/preferences";
import { type Catalogue, en } from "./en";

async function loadCatalogue(locale: Locale): Promise<Catalogue> {
  if (locale === "de") return (await import("./de")).de;
  if (locale === "es") return (await import("./es")).es;
  return en;
}

function makeTranslator(catalogue: () => Catalogue) {
  const flat = createMemo(() => flatten(catalogue()));
  return translator(flat, resolveTemplate);
}

/** The viewer's own variety of the chosen language when the browser names one, so that dates read as at home. */
function varietyOf(locale: Locale): string {
  return navigator.languages.find((language) => language.startsWith(locale)) ?? locale;
}

/** Looks up a text by its dotted key and fills in its `{{names}}`. */
export type Translate = ReturnType<typeof makeTranslator>;

export interface Texts {
  readonly t: Translate;
  /** The language numbers and dates are written in. */
  readonly locale: () => string;
}

const TextsContext = createContext<Texts>();

export function useTexts(): Texts {
  const texts = useContext(TextsContext);
  if (!texts) throw new Error("useTexts needs a TextsProvider above it");
  return texts;
}

/** Gives the page its language; English shows until another catalogue has loaded. */
export function TextsProvider(props: { readonly children: JSX.Element }): JSX.Element {
  const preferences = usePreferences();
  const [catalogue] = createResource(preferences.locale, loadCatalogue, { initialValue: en });
  const locale = createMemo(() => varietyOf(preferences.locale()));
  const t = makeTranslator(() => catalogue.latest ?? en);
  return <TextsContext.Provider value={{ t, locale }}>{props.children}</TextsContext.Provider>;
}
