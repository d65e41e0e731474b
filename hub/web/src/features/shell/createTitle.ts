import { createEffect } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";

/** Names the browser's tab after the place, with how many alerts nobody takes care of in front. */
export function createTitle(place: () => string): void {
  const { t } = useTexts();
  const { alerts } = useLive();
  createEffect(() => {
    const { critical, warning } = alerts.open();
    const count = critical + warning;
    const names = [...new Set([place(), t("app.name")])].join(" – ");
    document.title = count > 0 ? `(${count}) ${names}` : names;
  });
}
