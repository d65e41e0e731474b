import { createMemo, Index, type JSX, Show } from "solid-js";
import type { Measurement, Resource } from "../../api/types";
import { formatMeasurement } from "../../format/measurement";
import { useTexts } from "../../i18n/texts";
import { measurementTitle } from "../../listing/readings";
import { Section } from "../../ui/Section";

/** What the source measures beyond the usual. */
export function MeasurementList(props: { readonly resource: Resource }): JSX.Element {
  const { t, locale } = useTexts();
  const list = createMemo(() => props.resource.measurements);
  const title = (item: Measurement) =>
    item.counter ? `${measurementTitle(item)} ${t("detail.total")}` : measurementTitle(item);
  return (
    <Show when={list().length > 0}>
      <Section title={t("detail.measured")}>
        <dl class="grid grid-cols-[1fr_auto] gap-x-4 gap-y-1.5">
          <Index each={list()}>
            {(item) => (
              <>
                <dt class="truncate text-dim" title={item().key}>
                  {title(item())}
                </dt>
                <dd class="num text-right">{formatMeasurement(item().value, item().unit, locale())}</dd>
              </>
            )}
          </Index>
        </dl>
      </Section>
    </Show>
  );
}
