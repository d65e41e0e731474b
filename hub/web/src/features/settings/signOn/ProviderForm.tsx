import { useQueryClient } from "@tanstack/solid-query";
import { createSignal, type JSX, Show } from "solid-js";
import { createStore } from "solid-js/store";
import { type ListFieldName, type SignOn, saveSignOn, type TextFieldName } from "../../../api/signOnCalls";
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

/** The settings of the identity provider. */
export function ProviderForm(props: { readonly saved: SignOn }): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const change = createChange();
  const [form, setForm] = createStore({
    enabled: props.saved.enabled,
    texts: { ...props.saved.texts },
    lists: { ...props.saved.lists },
  });
  const [secret, setSecret] = createSignal("");
  const [removeSecret, setRemoveSecret] = createSignal(false);
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
  const list = (name: ListFieldName, hint: string) => (
    <ListField
      label={t(`signOn.${name}`)}
      hint={lockedHint(name) ?? hint}
      disabled={locked()}
      values={form.lists[name]}
      onInput={(values) => setForm("lists", name, values)}
    />
  );
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const clientSecret = removeSecret() ? "" : secret() || undefined;
    await change.run(async () => {
      const now = await saveSignOn({ ...form, further: props.saved.further, clientSecret }, live.caller);
      setForm({ enabled: now.enabled, texts: { ...now.texts }, lists: { ...now.lists } });
      queries.setQueryData(["sign-on"], now);
    });
    if (!change.done()) return;
    setSecret("");
    setRemoveSecret(false);
  }
  return (
    <Card title={t("signOn.title")} lead={t("signOn.lead")}>
      <form class="flex flex-col gap-4 p-4" onSubmit={(event) => void submit(event)}>
        <Show when={locked()}>
          <Notice tone="warn">{t("signOn.locked")}</Notice>
        </Show>
        <CheckField
          label={t("signOn.enabled")}
          checked={form.enabled}
          disabled={locked()}
          onChange={(on) => setForm("enabled", on)}
        />
        {text("issuerUrl", undefined, "url")}
        {text("clientId")}
        <TextField
          label={t("signOn.clientSecret")}
          type="password"
          autocomplete="new-password"
          hint={lockedHint("clientSecret") ?? (props.saved.clientSecretSet ? t("signOn.secretSet") : "")}
          disabled={locked() || removeSecret()}
          value={secret()}
          onInput={setSecret}
        />
        <Show when={props.saved.clientSecretSet && !locked()}>
          <CheckField label={t("signOn.removeSecret")} checked={removeSecret()} onChange={setRemoveSecret} />
        </Show>
        {text("redirectUrl", t("signOn.redirectHint", { url: props.saved.defaultRedirect }), "url")}
        {text("label")}
        {text("logoutUrl", undefined, "url")}
        <fieldset class="flex flex-col gap-4">
          <legend class="mb-2 font-semibold">{t("signOn.who")}</legend>
          {list("allowedGroups", t("signOn.listHint"))}
          {list("allowedDomains", t("signOn.listHint"))}
          {list("allowedEmails", t("signOn.listHint"))}
        </fieldset>
        <details>
          <summary class="font-semibold">{t("signOn.advanced")}</summary>
          <div class="flex flex-col gap-4 pt-4">
            {list("scopes", t("signOn.scopesHint"))}
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
        <div>
          <Button look="primary" type="submit" disabled={locked() || change.busy()}>
            {change.busy() ? t("common.saving") : t("common.save")}
          </Button>
        </div>
      </form>
    </Card>
  );
}
