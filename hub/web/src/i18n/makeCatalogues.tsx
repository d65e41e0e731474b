import { type BaseRecordDict, flatten, resolveTemplate, translator } from "@solid-primitives/i18n";
import { createContext, createMemo, createResource, type JSX, useContext } from "solid-js";
import { type Locale, usePreferences } from "../state/preferences";

/** The same keys in another language. */
export type Texts<T> = { readonly [K in keyof T]: T[K] extends string ? string : Texts<T[K]> };

/** Where the other languages of a catalogue come from. */
export type Loaders<T> = Readonly<Record<Exclude<Locale, "en">, () => Promise<Texts<T>>>>;

/**
 * Texts that load with the part of the page that shows them: a provider to put
 * around it, and a hook to look texts up by their dotted keys. English shows
 * until another language has loaded.
 */
export function makeCatalogues<T extends BaseRecordDict>(english: T & Texts<T>, loaders: Loaders<T>) {
  const load = async (locale: Locale): Promise<Texts<T>> => (locale === "en" ? english : loaders[locale]());
  const makeTranslator = (catalogue: () => T) => {
    const flat = createMemo(() => flatten(catalogue()));
    return translator(flat, resolveTemplate);
  };
  const Context = createContext<ReturnType<typeof makeTranslator>>();

  function Provider(props: { readonly children: JSX.Element }): JSX.Element {
    const preferences = usePreferences();
    const [catalogue] = createResource(preferences.locale, load, { initialValue: english });
    // Each language has every key of the first: Texts says so, the flattening type cannot.
    const t = makeTranslator(() => (catalogue.latest ?? english) as T);
    return <Context.Provider value={t}>{props.children}</Context.Provider>;
  }

  function use(): ReturnType<typeof makeTranslator> {
    const t = useContext(Context);
    if (!t) throw new Error("these texts need their provider above");
    return t;
  }
  return { Provider, use };
}
