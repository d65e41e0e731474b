import { For, type JSX, Show } from "solid-js";
import type { ImportPlan, PlannedChange } from "../../../api/transferCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";

/** What an import would do. */
export function PlanView(props: { readonly plan: ImportPlan }): JSX.Element {
  const t = useSettingsTexts();
  const none = () => props.plan.added.length + props.plan.changed.length + props.plan.removed.length === 0;
  const group = (title: string, mark: string, changes: readonly PlannedChange[]) => (
    <Show when={changes.length > 0}>
      <section>
        <h3 class="font-medium">
          {title} ({changes.length})
        </h3>
        <ul class="mt-1 flex flex-col gap-1">
          <For each={changes}>
            {(change) => (
              <li>
                <span aria-hidden="true" class="mr-1.5 font-mono text-dim">
                  {mark}
                </span>
                <span class="text-dim">{change.section}: </span>
                <span class="wrap-anywhere">{change.name}</span>
                <Show when={change.fields.length > 0}>
                  <ul class="ml-5 font-mono text-[12px] text-dim">
                    <For each={change.fields}>
                      {(field) => (
                        <li class="wrap-anywhere">
                          {field.field}: <del class="text-bad">{field.before || "–"}</del> →{" "}
                          <ins class="text-accent no-underline">{field.after || "–"}</ins>
                        </li>
                      )}
                    </For>
                  </ul>
                </Show>
              </li>
            )}
          </For>
        </ul>
      </section>
    </Show>
  );
  return (
    <div class="flex flex-col gap-3 rounded-box border border-line p-3">
      <Show when={none()}>
        <p>{t("transfer.nothing")}</p>
      </Show>
      {group(t("transfer.added"), "+", props.plan.added)}
      {group(t("transfer.changed"), "~", props.plan.changed)}
      {group(t("transfer.removed"), "−", props.plan.removed)}
      <p class="text-dim">{t("transfer.unchanged", { count: String(props.plan.unchanged) })}</p>
      <Show when={props.plan.warnings.length > 0}>
        <section>
          <h3 class="font-medium text-warn">{t("transfer.warnings")}</h3>
          <ul class="mt-1 list-disc pl-5">
            <For each={props.plan.warnings}>{(warning) => <li>{warning}</li>}</For>
          </ul>
        </section>
      </Show>
    </div>
  );
}
