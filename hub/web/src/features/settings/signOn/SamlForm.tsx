import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { createStore } from "solid-js/store";
import { type Saml, type SamlTextName, saveSaml } from "../../../api/samlCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CheckField } from "../../../ui/CheckField";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { AccessFields } from "./AccessFields";
import { MetadataField } from "./MetadataField";
import { samlKey } from "./places";
import { RoleMappingFields } from "./RoleMappingFields";

/** The settings of the SAML provider. */
export function SamlForm(props: { readonly saved: Saml }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const change = createChange();
  const [form, setForm] = createStore({
    enabled: props.saved.enabled,
    texts: { ...props.saved.texts },
    lists: { ...props.saved.lists },
  });
  const [mapping, setMapping] = createSignal(props.saved.mapping);
  const text = (name: Exclude<SamlTextName, "idpMetadata">, hint?: string) => (
    <TextField
      label={t(name === "label" ? "signOn.label" : `saml.${name}`)}
      hint={hint}
      value={form.texts[name]}
      onInput={(value) => setForm("texts", name, value)}
    />
  );
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    await change.run(async () => {
      const { further } = props.saved;
      const now = await saveSaml({ ...form, mapping: mapping(), further }, live.caller);
      setForm({ enabled: now.enabled, texts: { ...now.texts }, lists: { ...now.lists } });
      setMapping(now.mapping);
      queries.setQueryData(samlKey, now);
    });
  }
  return (
    <Card title="SAML" lead={t("saml.lead")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={(event) => void submit(event)}>
        <CheckField
          label={t("signOn.enabled")}
          checked={form.enabled}
          onChange={(on) => setForm("enabled", on)}
        />
        <MetadataField
          value={form.texts.idpMetadata}
          onInput={(value) => setForm("texts", "idpMetadata", value)}
        />
        {text("label")}
        <AccessFields
          lists={form.lists}
          disabled={false}
          onChange={(name, values) => setForm("lists", name, values)}
        />
        <RoleMappingFields
          mapping={mapping()}
          disabled={false}
          groupsMissing={
            form.texts.groupsAttribute.trim() === "" ? t("roleMapping.needAttribute") : undefined
          }
          onChange={setMapping}
        />
        <details>
          <summary class="font-semibold">{t("saml.advanced")}</summary>
          <div class="flex flex-col gap-4 pt-4">
            {text("usernameAttribute", t("saml.usernameHint"))}
            {text("emailAttribute")}
            {text("groupsAttribute")}
            {text("entityId", t("saml.entityHint", { url: props.saved.metadataUrl }))}
          </div>
        </details>
        <FailureNotice failure={change.failure()} />
        <Show when={change.done()}>
          <Notice tone="good">{t("common.saved")}</Notice>
        </Show>
        <div>
          <Button look="primary" type="submit" disabled={change.busy()}>
            {change.busy() ? t("common.saving") : t("common.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
