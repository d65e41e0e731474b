import { QueryClient, QueryClientProvider } from "@tanstack/solid-query";
import { createMemo, type JSX, onCleanup, Show } from "solid-js";
import { formatAge } from "../../format/times";
import { useTexts } from "../../i18n/texts";
import { titleOf } from "../../listing/readers";
import { useLive } from "../../state/connection";
import { Drawer } from "../../ui/Drawer";
import { EmptyState } from "../../ui/EmptyState";
import { Notice } from "../../ui/Notice";
import { isKnownType } from "../../ui/typeName";
import { AlertList } from "./AlertList";
import { DetailHeader } from "./DetailHeader";
import { FactList } from "./FactList";
import { FilesystemList } from "./FilesystemList";
import { ForecastNote } from "./ForecastNote";
import { HistoryCharts } from "./HistoryCharts";
import { InterfaceList } from "./InterfaceList";
import { LabelList } from "./LabelList";
import { MeasurementList } from "./MeasurementList";
import { MemberList } from "./MemberList";
import { Reading } from "./Reading";
import { SensorList } from "./SensorList";

export interface DetailProps {
  readonly id: string;
  readonly onClose: () => void;
}

/** Everything about one resource. */
export default function Detail(props: DetailProps): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const queries = new QueryClient();
  onCleanup(() => queries.clear());
  const resource = createMemo(() => live.store.resource(props.id));
  const name = () => {
    const current = resource();
    return current ? titleOf(current) : props.id;
  };
  const old = () => resource()?.stale === true || resource()?.status === "offline";
  const age = () => {
    const seen = resource()?.lastSeen;
    return formatAge(seen === undefined ? undefined : live.now() - seen);
  };
  return (
    <QueryClientProvider client={queries}>
      <Drawer
        label={t("detail.label", { name: name() })}
        heading={<DetailHeader id={props.id} resource={resource()} />}
        stale={old()}
        resource={props.id}
        onClose={props.onClose}
      >
        <Show
          when={resource()}
          fallback={<EmptyState title={t("detail.gone")} lead={t("detail.goneLead")} />}
        >
          {(current) => (
            <>
              <Show when={old()}>
                <div class="px-5 pt-1 pb-3">
                  <Notice tone={current().status === "offline" ? "bad" : "warn"}>
                    {current().status === "offline"
                      ? t("detail.offlineNote")
                      : t("detail.staleNote", { age: age() })}
                  </Notice>
                </div>
              </Show>
              <Reading resource={current()} />
              <ForecastNote resource={current()} />
              <AlertList resource={current().id} />
              <MeasurementList resource={current()} />
              <HistoryCharts resource={current()} />
              <Show when={isKnownType(current().type)} fallback={<MemberList resource={current()} />}>
                <FilesystemList resource={current()} />
                <InterfaceList resource={current()} />
                <SensorList resource={current()} />
                <FactList resource={current()} />
              </Show>
              <LabelList resource={current()} />
            </>
          )}
        </Show>
      </Drawer>
    </QueryClientProvider>
  );
}
