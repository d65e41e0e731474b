import { type JSX, Show } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Notice } from "../../ui/Notice";

/** Says across the page that nobody has checked the plugins this hub runs. */
export function DevelopmentBanner(): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  return (
    <Show when={live.pluginDevelopment()}>
      <div class="bg-panel px-4 py-2.5">
        <Notice tone="warn">{t("app.pluginDevelopment")}</Notice>
      </div>
    </Show>
  );
}
