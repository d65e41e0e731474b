import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { createStore } from "solid-js/store";
import {
  defaultProvider,
  removeProvider,
  type SignOn,
  saveSignOn,
  type TextFieldName,
} from "../../../api/signOnCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CheckField } from "../../../ui/CheckField";
import { ListField } from "../../../ui/ListField";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { TypedConfirm } from "../TypedConfirm";
import { AccessFields } from "./AccessFields";
import { ProviderIdField } from "./ProviderIdField";
import { isProviderId, providersKey } from "./places";
import { RoleMappingFields } from "./RoleMappingFields";
import { SecretField } from "./SecretField";

export interface ProviderFormProps {
  /** One that is not there yet has no id. */
  readonly saved: SignOn;
  readonly onSaved: (id: string) => void;
  readonly onRemoved: () => void;
}

/** The settings of an OpenID Connect provider. */
export function ProviderForm(props: ProviderFormProps): JSX.Element {
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
  const [secret, setSecret] = createSignal("");
  const [removeSecret, setRemoveSecret] = createSignal(false);
  const [newId, setNewId] = createSignal("");
  const [removing, setRemoving] = createSignal(false);
  const isNew = () => props.saved.id === "";
  const locked = () => props.saved.locked.size > 0;
  const lockedHint = (name: string) => (props.saved.locked.has(name) ? t("signOn.lockedField") : undefined);
  const text = (name: TextFieldName, hint?: string, type?: "url") => (
    <TextField
      label={t(`signOn.${name}`)}
      {...(type ? { type } : {})}
      hint={lockedHint(name) ?? hint}
      disabled={locked()}
      value={form.texts[name]}
      onInput={(value) => setForm("texts", name, value)}
    />
  );
  const reload = () => queries.invalidateQueries({ queryKey: providersKey });
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const id = isNew() ? newId().trim() : props.saved.id;
    if (!isProviderId(id)) return;
    const clientSecret = removeSecret() ? "" : secret() || undefined;
    await change.run(async () => {
      const { further } = props.saved;
      const now = await saveSignOn({ id, ...form, mapping: mapping(), further, clientSecret }, live.caller);
      setForm({ enabled: now.enabled, texts: { ...now.texts }, lists: { ...now.lists } });
      setMapping(now.mapping);
    });
    if (!change.done()) return;
    setSecret("");
    setRemoveSecret(false);
    await reload();
    if (isNew()) props.onSaved(id);
  }
  return (
    <Card title={isNew() ? t("providers.add") : t("signOn.title")} lead={t("signOn.lead")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={(event) => void submit(event)}>
        <Show when={locked()}>
          <Notice tone="warn">{t("signOn.locked")}</Notice>
        </Show>
        <Show when={isNew()}>
          <ProviderIdField value={newId()} onInput={setNewId} />
        </Show>
        <CheckField
          label={t("signOn.enabled")}
          checked={form.enabled}
          disabled={locked()}
          onChange={(on) => setForm("enabled", on)}
        />
        {text("issuerUrl", undefined, "url")}
        {text("clientId")}
        <SecretField
          value={secret()}
          isSet={props.saved.clientSecretSet}
          remove={removeSecret()}
          locked={locked()}
          lockedHint={lockedHint("clientSecret")}
          onInput={setSecret}
          onRemove={setRemoveSecret}
        />
        {text("redirectUrl", t("signOn.redirectHint", { url: props.saved.defaultRedirect }), "url")}
        {text("label")}
        {text("logoutUrl", undefined, "url")}
        <AccessFields
          lists={form.lists}
          disabled={locked()}
          lockedHint={lockedHint}
          onChange={(name, values) => setForm("lists", name, values)}
        />
        <RoleMappingFields
          mapping={mapping()}
          disabled={locked()}
          groupsMissing={form.texts.groupsClaim.trim() === "" ? t("roleMapping.needClaim") : undefined}
          onChange={setMapping}
        />
        <details>
          <summary class="font-semibold">{t("signOn.advanced")}</summary>
          <div class="flex flex-col gap-4 pt-4">
            <ListField
              label={t("signOn.scopes")}
              hint={lockedHint("scopes") ?? t("signOn.scopesHint")}
              disabled={locked()}
              values={form.lists.scopes}
              onInput={(values) => setForm("lists", "scopes", values)}
            />
            {text("usernameClaim")}
            {text("emailClaim")}
            {text("groupsClaim")}
            {text("caBundle", t("signOn.caHint"))}
          </div>
        </details>
        <FailureNotice failure={change.failure()} />
        <Show when={change.done()}>
          <Notice tone="good">{t("common.saved")}</Notice>
        </Show>
        <div class="flex flex-wrap gap-2.5">
          <Button
            look="primary"
            type="submit"
            disabled={locked() || change.busy() || (isNew() && !isProviderId(newId().trim()))}
          >
            {change.busy() ? t("common.saving") : t("common.save")}
          </Button>
          <Show when={isNew()}>
            <Button onClick={() => props.onRemoved()}>{t("common.cancel")}</Button>
          </Show>
          <Show when={!isNew() && props.saved.id !== defaultProvider}>
            <Button onClick={() => setRemoving(true)}>{t("providers.remove")}</Button>
          </Show>
        </div>
      </form>
      <Show when={removing()}>
        <TypedConfirm
          title={t("providers.remove")}
          lead={t("providers.removeLead")}
          word={props.saved.id}
          action={t("common.remove")}
          onConfirm={async () => {
            await removeProvider(props.saved.id, live.caller);
            props.onRemoved();
            await reload();
          }}
          onClose={() => setRemoving(false)}
        />
      </Show>
    </Card>
  );
}
