import ChevronRight from "lucide-solid/icons/chevron-right";
import { createSignal, For, type JSX, Show } from "solid-js";
import type { AuditEvent } from "../../../api/auditCalls";
import { formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { EventDetail } from "./EventDetail";

const columns = 5;

/** Events, the newest first; each opens to what it changed. */
export function AuditTable(props: { readonly events: readonly AuditEvent[] }): JSX.Element {
  const t = useSettingsTexts();
  return (
    <table class="w-full border-collapse text-left">
      <caption class="sr-only">{t("audit.caption")}</caption>
      <thead>
        <tr class="border-b border-line text-[12px] text-dim">
          <th scope="col" class="w-9">
            <span class="sr-only">{t("common.actions")}</span>
          </th>
          <th scope="col" class="hidden px-2 py-2 font-medium sm:table-cell">
            {t("audit.when")}
          </th>
          <th scope="col" class="px-2 py-2 font-medium">
            {t("audit.who")}
          </th>
          <th scope="col" class="px-2 py-2 font-medium">
            {t("audit.what")}
          </th>
          <th scope="col" class="hidden px-2 py-2 pr-4 font-medium sm:table-cell">
            {t("audit.subject")}
          </th>
        </tr>
      </thead>
      <tbody>
        <For each={props.events}>{(event) => <EventRows event={event} />}</For>
      </tbody>
    </table>
  );
}

function EventRows(props: { readonly event: AuditEvent }): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const [open, setOpen] = createSignal(false);
  const when = () => formatMoment(props.event.at, locale());
  return (
    <>
      <tr class="border-b border-line align-top hover:bg-hover">
        <td class="pl-2">
          <button
            type="button"
            class="grid size-8 place-items-center rounded-box text-dim"
            aria-expanded={open()}
            aria-label={t("audit.open", { seq: String(props.event.seq) })}
            onClick={() => setOpen(!open())}
          >
            <ChevronRight class={`size-4 ${open() ? "rotate-90" : ""}`} aria-hidden="true" />
          </button>
        </td>
        <td class="hidden px-2 py-1.5 text-dim tabular-nums sm:table-cell">{when()}</td>
        <td class="px-2 py-1.5 wrap-anywhere">
          {props.event.actor}
          <span class="block text-[12px] text-dim sm:hidden">{when()}</span>
        </td>
        <td class="px-2 py-1.5">
          <span class="text-dim">{props.event.kind}: </span>
          {props.event.what}
          <Show when={props.event.failed}>
            <span class="ml-2 text-bad">{t("audit.failure")}</span>
          </Show>
          <span class="block text-[12px] text-dim wrap-anywhere sm:hidden">{props.event.subject}</span>
        </td>
        <td class="hidden px-2 py-1.5 pr-4 text-dim wrap-anywhere sm:table-cell">
          {props.event.detail || props.event.subject}
        </td>
      </tr>
      <Show when={open()}>
        <tr class="border-b border-line">
          <td colSpan={columns} class="p-0">
            <EventDetail event={props.event} />
          </td>
        </tr>
      </Show>
    </>
  );
}
