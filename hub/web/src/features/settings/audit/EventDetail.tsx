import { For, type JSX, Show } from "solid-js";
import type { AuditEvent } from "../../../api/auditCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { diffFields } from "./diff";

/** What else is known of an event, and what it changed field by field. */
export function EventDetail(props: { readonly event: AuditEvent }): JSX.Element {
  const t = useSettingsTexts();
  const changes = () => diffFields(props.event.before, props.event.after);
  const facts = () =>
    [
      [t("audit.number"), String(props.event.seq)],
      [t("audit.from"), [props.event.from, props.event.via].filter(Boolean).join(", ")],
      [t("audit.detail"), props.event.detail],
    ].filter(([, value]) => value);
  return (
    <div class="flex flex-col gap-3 bg-bg px-4 py-3">
      <dl class="flex flex-wrap gap-x-6 gap-y-1">
        <For each={facts()}>
          {([title, value]) => (
            <div class="flex gap-1.5">
              <dt class="text-dim">{title}:</dt>
              <dd class="wrap-anywhere">{value}</dd>
            </div>
          )}
        </For>
      </dl>
      <Show when={changes().length > 0} fallback={<p class="text-dim">{t("audit.noChanges")}</p>}>
        <table class="border-collapse text-left">
          <caption class="sr-only">{t("audit.changes")}</caption>
          <thead>
            <tr class="text-[12px] text-dim">
              <th scope="col" class="py-1 pr-5 font-medium">
                {t("audit.field")}
              </th>
              <th scope="col" class="py-1 pr-5 font-medium">
                {t("audit.before")}
              </th>
              <th scope="col" class="py-1 font-medium">
                {t("audit.after")}
              </th>
            </tr>
          </thead>
          <tbody class="align-top font-mono text-[12px]">
            <For each={changes()}>
              {(change) => (
                <tr class="border-t border-line">
                  <th scope="row" class="py-1 pr-5 font-normal wrap-anywhere">
                    {change.field}
                  </th>
                  <td class="py-1 pr-5 text-bad wrap-anywhere">
                    <Show when={change.before} fallback="–">
                      {(value) => <del>{value()}</del>}
                    </Show>
                  </td>
                  <td class="py-1 text-accent wrap-anywhere">
                    <Show when={change.after} fallback="–">
                      {(value) => <ins class="no-underline">{value()}</ins>}
                    </Show>
                  </td>
                </tr>
              )}
            </For>
          </tbody>
        </table>
      </Show>
    </div>
  );
}
