import { useNavigate } from "@solidjs/router";
import { useTexts } from "../../i18n/texts";
import { createPlaces } from "../../places/createPlaces";
import { useLive } from "../../state/connection";
import { densities, themes, usePreferences } from "../../state/preferences";
import type { Entry } from "./findEntries";

export interface ActionOptions {
  readonly onSignOut: () => void;
  readonly onKeys: () => void;
}

/** What the palette can do besides opening resources. */
export function createActions(options: ActionOptions): () => readonly Entry[] {
  const { t } = useTexts();
  const navigate = useNavigate();
  const preferences = usePreferences();
  const live = useLive();
  const { shown } = createPlaces();
  const action = (key: string, title: string, run: () => void): Entry => ({
    key,
    kind: "action",
    title,
    detail: "",
    run,
  });
  return () => [
    ...shown().map((place) =>
      action(`go ${place.key}`, t("palette.go", { place: t(`nav.${place.key}`) }), () =>
        navigate(place.path),
      ),
    ),
    ...themes.map((theme) =>
      action(`theme ${theme}`, t("palette.theme", { name: t(`prefs.${theme}`) }), () =>
        preferences.setTheme(theme),
      ),
    ),
    ...densities.map((density) =>
      action(`density ${density}`, t("palette.density", { name: t(`prefs.${density}`) }), () =>
        preferences.setDensity(density),
      ),
    ),
    action("reconnect", t("link.reconnect"), live.reconnect),
    action("keys", t("keys.help"), options.onKeys),
    action("sign out", t("gate.signOut"), options.onSignOut),
  ];
}
