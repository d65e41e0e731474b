import {
  createContext,
  createEffect,
  createMemo,
  createSignal,
  type JSX,
  onCleanup,
  useContext,
} from "solid-js";

export type Theme = "dark" | "light" | "system";
export type Density = "comfortable" | "compact";
export type Locale = "en" | "de" | "es";

export const themes: readonly Theme[] = ["system", "light", "dark"];
export const densities: readonly Density[] = ["comfortable", "compact"];
export const locales: readonly Locale[] = ["en", "de", "es"];

export interface Preferences {
  readonly theme: () => Theme;
  readonly setTheme: (theme: Theme) => void;
  /** What `theme` means right now. */
  readonly shade: () => "dark" | "light";
  readonly density: () => Density;
  readonly setDensity: (density: Density) => void;
  readonly locale: () => Locale;
  readonly setLocale: (locale: Locale) => void;
}

function createStored<T extends string>(
  key: string,
  allowed: readonly T[],
  fallback: T,
): [() => T, (value: T) => void] {
  const stored = localStorage.getItem(key);
  const [value, setValue] = createSignal<T>(allowed.find((item) => item === stored) ?? fallback);
  return [
    value,
    (next) => {
      localStorage.setItem(key, next);
      setValue(() => next);
    },
  ];
}

function browserLocale(): Locale {
  const language = navigator.language.slice(0, 2);
  return locales.find((locale) => locale === language) ?? "en";
}

function createSystemShade(): () => "dark" | "light" {
  const query = window.matchMedia("(prefers-color-scheme: light)");
  const [light, setLight] = createSignal(query.matches);
  const listen = (event: MediaQueryListEvent) => setLight(event.matches);
  query.addEventListener("change", listen);
  onCleanup(() => query.removeEventListener("change", listen));
  return () => (light() ? "light" : "dark");
}

/** The viewer's choices, kept in this browser and reflected on the document element. */
export function createPreferences(): Preferences {
  const [theme, setTheme] = createStored<Theme>("pulse.theme", themes, "system");
  const [density, setDensity] = createStored<Density>("pulse.density", densities, "comfortable");
  const [locale, setLocale] = createStored<Locale>("pulse.locale", locales, browserLocale());
  const system = createSystemShade();
  const shade = createMemo(() => {
    const chosen = theme();
    return chosen === "system" ? system() : chosen;
  });
  createEffect(() => {
    const root = document.documentElement;
    root.dataset.theme = shade();
    root.dataset.density = density();
    root.lang = locale();
    root.style.colorScheme = shade();
  });
  return { theme, setTheme, shade, density, setDensity, locale, setLocale };
}

const PreferencesContext = createContext<Preferences>();

export function usePreferences(): Preferences {
  const preferences = useContext(PreferencesContext);
  if (!preferences) throw new Error("usePreferences needs a PreferencesProvider above it");
  return preferences;
}

export function PreferencesProvider(props: {
  readonly preferences: Preferences;
  readonly children: JSX.Element;
}): JSX.Element {
  return (
    <PreferencesContext.Provider value={props.preferences}>{props.children}</PreferencesContext.Provider>
  );
}
