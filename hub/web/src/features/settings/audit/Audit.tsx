import { keepPreviousData, useQuery } from "@tanstack/solid-query";
import { type JSX, Show } from "solid-js";
import { fetchAudit } from "../../../api/auditCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Card } from "../Card";
import { Column } from "../Column";
import { QueryView } from "../QueryView";
import { AuditFilters } from "./AuditFilters";
import { AuditTable } from "./AuditTable";
import { AuditTools } from "./AuditTools";
import { createAuditFilter } from "./createAuditFilter";

const pageSize = 50;

/** Who changed what, and when. */
export default function Audit(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const state = createAuditFilter();
  const query = useQuery(() => ({
    queryKey: ["audit", state.filter(Date.now()), state.before()],
    queryFn: ({ signal }) =>
      fetchAudit(state.filter(Date.now()), { before: state.before(), limit: pageSize }, live.caller, signal),
    placeholderData: keepPreviousData,
  }));
  return (
    <Column wide>
      <Card title={t("audit.title")} lead={t("audit.caption")}>
        <AuditTools filter={() => state.filter(Date.now())} />
        <AuditFilters state={state} />
        <QueryView query={query}>
          {(page) => (
            <>
              <Show
                when={page().events.length > 0}
                fallback={
                  <div class="flex flex-col items-center gap-3 p-8 text-dim">
                    <p>{state.isFiltered() ? t("audit.noMatch") : t("audit.none")}</p>
                    <Show when={state.isFiltered()}>
                      <Button onClick={() => state.reset()}>{t("audit.reset")}</Button>
                    </Show>
                  </div>
                }
              >
                <AuditTable events={page().events} />
              </Show>
              <Show when={state.before() !== undefined || page().next !== undefined}>
                <div class="flex justify-end gap-2.5 px-4 py-3">
                  <Button disabled={state.before() === undefined} onClick={() => state.goTo(undefined)}>
                    {t("audit.newest")}
                  </Button>
                  <Button disabled={page().next === undefined} onClick={() => state.goTo(page().next)}>
                    {t("audit.older")}
                  </Button>
                </div>
              </Show>
            </>
          )}
        </QueryView>
      </Card>
    </Column>
  );
}
