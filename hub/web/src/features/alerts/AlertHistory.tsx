import { useSearchParams } from "@solidjs/router";
import { keepPreviousData, useQuery } from "@tanstack/solid-query";
import { createMemo, type JSX, Match, Switch } from "solid-js";
import { fetchAlertHistory } from "../../api/alertCalls";
import type { PastAlert } from "../../api/alertTypes";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { Button } from "../../ui/Button";
import { DataTable } from "../../ui/DataTable";
import { EmptyState } from "../../ui/EmptyState";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";
import { Segmented } from "../../ui/Segmented";
import { createPast, pageSize, spanMs, spans } from "./createPast";
import { createPastColumns } from "./createPastColumns";
import { LevelChoice } from "./LevelChoice";
import { PageControl } from "./PageControl";
import { PastCard } from "./PastCard";

/** What went on, the newest first, page by page. `lead` stands before the filters. */
export function AlertHistory(props: { readonly lead: JSX.Element }): JSX.Element {
  const { t } = useTexts();
  const live = useLive();
  const state = createPast();
  const [params] = useSearchParams();
  const columns = createPastColumns();
  const query = useQuery(() => ({
    queryKey: ["past", state.span(), state.level(), state.page()],
    queryFn: ({ signal }) => {
      const [span, level] = [spanMs[state.span()], state.level()];
      const request = {
        offset: state.page() * pageSize,
        // One more than is shown says whether there is a next page.
        limit: pageSize + 1,
        ...(span === undefined ? {} : { from: Date.now() - span }),
        ...(level ? { level } : {}),
      };
      return fetchAlertHistory(request, live.caller, signal);
    },
    retry: 1,
    placeholderData: keepPreviousData,
    staleTime: 15_000,
  }));
  const found = createMemo<readonly PastAlert[]>(() => (query.isSuccess ? query.data : []));
  const shown = createMemo(() => found().slice(0, pageSize));
  const byIncident = createMemo(() => new Map(shown().map((alert) => [alert.incident, alert])));
  const rows = createMemo(() => shown().map((alert) => ({ kind: "item", id: alert.incident }) as const));
  const chosen = () =>
    shown().find((alert) => alert.id === params.alert && String(alert.startedAt) === params.began)?.incident;
  const open = (incident: string) => {
    const alert = byIncident().get(incident);
    if (alert) state.open(alert.id, alert.startedAt);
  };
  return (
    <>
      <div class="flex shrink-0 flex-wrap items-center gap-3 border-b border-line bg-panel px-4 py-2.5">
        {props.lead}
        <Segmented
          label={t("alerts.history.range")}
          value={state.span()}
          options={spans.map((value) => ({ value, text: t(`alerts.history.${value}`) }))}
          onChange={state.setSpan}
        />
        <LevelChoice value={state.level()} onChange={state.setLevel} />
        <PageControl
          page={state.page()}
          shown={shown().length}
          more={found().length > pageSize}
          onPage={state.setPage}
        />
      </div>
      <Switch>
        <Match when={query.isPending}>
          <Loading text={t("alerts.history.loading")} />
        </Match>
        <Match when={query.isError}>
          <div class="p-4">
            <Notice tone="bad">{t("alerts.history.error")}</Notice>
            <Button class="mt-3" onClick={() => void query.refetch()}>
              {t("app.retry")}
            </Button>
          </div>
        </Match>
        <Match when={rows().length === 0}>
          <EmptyState title={t("alerts.history.none")} />
        </Match>
        <Match when={rows().length > 0}>
          <DataTable<PastAlert>
            caption={t("alerts.pastCaption")}
            columns={columns}
            rows={rows()}
            item={(incident) => byIncident().get(incident)}
            chosen={chosen()}
            onOpen={open}
            card={(alert) => <PastCard alert={alert()} />}
          />
        </Match>
      </Switch>
    </>
  );
}
