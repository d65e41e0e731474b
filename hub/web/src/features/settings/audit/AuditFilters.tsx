import type { JSX } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Segmented } from "../../../ui/Segmented";
import { SelectField } from "../SelectField";
import { type AuditFilterState, type FilterParam, outcomes, spans } from "./createAuditFilter";

/** Which events are shown: by words, by who, by kind, by outcome, by time. */
export function AuditFilters(props: { readonly state: AuditFilterState }): JSX.Element {
  const t = useSettingsTexts();
  const box = (name: FilterParam, label: string, kind: "search" | "text") => (
    <input
      type={kind}
      aria-label={label}
      placeholder={label}
      data-page-search={kind === "search" ? "" : undefined}
      autocomplete="off"
      autocapitalize="off"
      spellcheck={false}
      class={`h-8 min-w-0 rounded-box border border-line-strong bg-raised px-2.5 text-text placeholder:text-faint ${
        kind === "search" ? "flex-1 basis-48" : "w-28"
      }`}
      value={props.state.value(name)}
      // Each change asks the hub, so only what is finished counts.
      onChange={(event) => props.state.set(name, event.currentTarget.value.trim())}
    />
  );
  const day = (name: "since" | "until", label: string) => (
    <label class="flex items-center gap-1.5 text-dim">
      {label}
      <input
        type="date"
        class="h-8 min-w-0 rounded-box border border-line-strong bg-raised px-2 text-text"
        value={props.state.value(name)}
        onChange={(event) => props.state.set(name, event.currentTarget.value)}
      />
    </label>
  );
  return (
    <div class="flex flex-wrap items-center gap-2.5 border-b border-line px-4 py-2.5">
      {box("text", t("audit.text"), "search")}
      {box("actor", t("audit.actor"), "text")}
      {box("kind", t("audit.kind"), "text")}
      <SelectField
        label={t("audit.outcome")}
        bare
        value={props.state.value("outcome")}
        options={[
          { value: "", text: `${t("audit.outcome")}: ${t("audit.any")}` },
          ...outcomes.map((value) => ({ value, text: t(`audit.${value}`) })),
        ]}
        onChange={(value) => props.state.set("outcome", value)}
      />
      <Segmented
        label={t("audit.span")}
        value={props.state.span()}
        options={spans.map((value) => ({ value, text: t(`audit.${value}`) }))}
        onChange={(value) => props.state.set("range", value === "ever" ? "" : value)}
      />
      <div class="flex flex-wrap gap-2.5">
        {day("since", t("audit.since"))}
        {day("until", t("audit.until"))}
      </div>
    </div>
  );
}
