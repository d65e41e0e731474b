import { createMemo, type JSX, Show } from "solid-js";
import { useTexts } from "../../i18n/texts";
import { useLive } from "../../state/connection";
import { EmptyState } from "../../ui/EmptyState";
import { InstallCommand } from "../../ui/InstallCommand";
import { AttentionList } from "./AttentionList";
import { findAttention } from "./attention";
import { BusiestList } from "./BusiestList";
import { Headline } from "./Headline";
import { SourceList } from "./SourceList";
import { TotalsCards } from "./TotalsCards";

/** Is anything wrong? Where? And how much of everything is there? */
export default function Overview(): JSX.Element {
  const { t } = useTexts();
  const { store, overall, alerts } = useLive();
  const lines = createMemo(() => findAttention(overall(), store.sources(), alerts.all()));
  return (
    <div class="min-h-0 flex-1 overflow-auto">
      <Show
        when={store.ids().length > 0 || store.sources().length > 0}
        fallback={
          <EmptyState title={t("empty.title")} lead={t("empty.lead")}>
            <InstallCommand />
          </EmptyState>
        }
      >
        <div class="mx-auto flex max-w-[1280px] flex-col gap-6 px-4 py-5 sm:px-8 sm:py-7">
          <Headline lines={lines()} />
          <AttentionList lines={lines()} />
          <TotalsCards />
          <div class="grid items-start gap-6 lg:grid-cols-[2fr_1fr]">
            <BusiestList />
            <SourceList />
          </div>
        </div>
      </Show>
    </div>
  );
}
