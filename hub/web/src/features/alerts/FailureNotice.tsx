import { type JSX, Show } from "solid-js";
import { formatCount } from "../../format/numbers";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Notice } from "../../ui/Notice";
import { useAlertName } from "./alertName";
import type { FailedOrder, Orders } from "./createOrders";

/** Says which order was not carried out, and why. */
export function FailureNotice(props: { readonly orders: Orders }): JSX.Element {
  const { t, locale } = useTexts();
  const { alerts } = useLive();
  const name = useAlertName();
  const what = (failed: FailedOrder) => {
    const [first] = failed.ids;
    const alert = first === undefined ? undefined : alerts.alert(first);
    return failed.ids.length === 1
      ? t(`alerts.failed.${failed.order}_one`, { name: alert ? name(alert) : (first ?? "") })
      : t(`alerts.failed.${failed.order}_other`, { count: formatCount(failed.ids.length, locale()) });
  };
  return (
    <Show when={props.orders.failed()}>
      {(failed) => (
        <div class="bg-panel px-4 py-2.5" role="alert">
          <Notice tone="bad">
            <span class="flex flex-wrap items-center gap-x-4">
              <span>
                {what(failed())} {t(`alerts.failed.${failed().why}`)}
              </span>
              <button
                type="button"
                class="font-semibold underline underline-offset-2"
                onClick={() => props.orders.dismiss()}
              >
                {t("alerts.dismiss")}
              </button>
            </span>
          </Notice>
        </div>
      )}
    </Show>
  );
}
