import { type JSX, Show } from "solid-js";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Notice } from "../../ui/Notice";

/** Says across the page that what it shows is old. */
export function StaleBanner(): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  return (
    <>
      <Show when={live.freshness() === "stale"}>
        <div class="bg-panel px-4 py-2.5">
          <Notice tone="warn">
            <span class="flex flex-wrap items-center gap-x-4">
              <span class="tabular-nums">{t("link.staleBanner", { age: formatAge(live.age()) })}</span>
              <button
                type="button"
                class="font-semibold underline underline-offset-2"
                onClick={() => live.reconnect()}
              >
                {t("link.reconnect")}
              </button>
            </span>
          </Notice>
        </div>
      </Show>
      <Show when={live.mismatch()}>
        <div class="bg-panel px-4 py-2.5">
          <Notice tone="bad">
            {t("link.mismatch")}{" "}
            <button
              type="button"
              class="font-semibold underline underline-offset-2"
              onClick={() => window.location.reload()}
            >
              {t("link.reload")}
            </button>
          </Notice>
        </div>
      </Show>
    </>
  );
}
