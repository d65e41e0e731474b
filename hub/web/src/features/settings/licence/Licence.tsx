import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Show } from "solid-js";
import {
  activateLicence,
  clearLicence,
  fetchLicence,
  type Licence as LicenceFacts,
} from "../../../api/licenceCalls";
import { formatMoment } from "../../../format/times";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useTexts } from "../../../i18n/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { Notice } from "../../../ui/Notice";
import { TextField } from "../../../ui/TextField";
import { Card } from "../Card";
import { Column } from "../Column";
import { createChange } from "../createChange";
import { FailureNotice } from "../FailureNotice";
import { QueryView } from "../QueryView";
import { TypedConfirm } from "../TypedConfirm";

/** The licence: what it is, another one, or none. */
export default function Licence(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const activate = createChange();
  const [key, setKey] = createSignal("");
  const [clearing, setClearing] = createSignal(false);
  const query = useQuery(() => ({
    queryKey: ["licence"],
    queryFn: ({ signal }) => fetchLicence(live.caller, signal),
  }));
  const reload = () => queries.invalidateQueries({ queryKey: ["licence"] });
  async function submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    if (!key().trim()) return;
    if (!(await activate.run(() => activateLicence(key().trim(), live.caller)))) return;
    setKey("");
    await reload();
  }
  return (
    <Column>
      <QueryView query={query}>
        {(licence) => (
          <>
            <Card title={t("licence.title")}>
              <Facts licence={licence()} />
            </Card>
            <Card title={t("licence.activate")}>
              <form class="flex flex-col gap-4 p-4" onSubmit={(event) => void submit(event)}>
                <FailureNotice failure={activate.failure()} />
                <Show when={activate.done()}>
                  <Notice tone="good">{t("licence.activated")}</Notice>
                </Show>
                <TextField label={t("licence.key")} mono value={key()} onInput={setKey} />
                <div class="flex flex-wrap gap-2.5">
                  <Button look="primary" type="submit" disabled={!key().trim() || activate.busy()}>
                    {t("licence.activate")}
                  </Button>
                  <Show when={licence().tier !== "free"}>
                    <Button onClick={() => setClearing(true)}>{t("licence.clear")}</Button>
                  </Show>
                </div>
              </form>
            </Card>
          </>
        )}
      </QueryView>
      <Show when={clearing()}>
        <TypedConfirm
          title={t("licence.clear")}
          lead={t("licence.clearLead")}
          word={t("licence.clearWord")}
          action={t("licence.clear")}
          onConfirm={async () => {
            await clearLicence(live.caller);
            activate.forget();
            await reload();
          }}
          onClose={() => setClearing(false)}
        />
      </Show>
    </Column>
  );
}

function Facts(props: { readonly licence: LicenceFacts }): JSX.Element {
  const t = useSettingsTexts();
  const { locale } = useTexts();
  const moment = (at: number | undefined) => formatMoment(at, locale());
  const state = () => {
    const { licence } = props;
    if (licence.tier === "free") return t("licence.none");
    if (licence.graceEnds !== undefined) return t("licence.grace", { when: moment(licence.graceEnds) });
    return licence.valid ? t("licence.active") : t("licence.expired");
  };
  const until = () => {
    const { licence } = props;
    if (licence.lifetime) return t("licence.lifetime");
    return t("licence.days", { when: moment(licence.expires), count: String(licence.daysRemaining) });
  };
  const row = (title: string, value: () => JSX.Element) => (
    <>
      <dt class="text-dim">{title}</dt>
      <dd class="min-w-0 wrap-anywhere">{value()}</dd>
    </>
  );
  return (
    <dl class="grid grid-cols-[auto_1fr] gap-x-6 gap-y-2 p-4">
      {row(t("licence.tier"), () => (props.licence.tier === "free" ? t("licence.free") : props.licence.tier))}
      {row(t("licence.state"), state)}
      <Show when={props.licence.email}>{(email) => row(t("licence.email"), email)}</Show>
      <Show when={props.licence.tier !== "free"}>{row(t("licence.expires"), until)}</Show>
      <Show when={props.licence.features.length > 0}>
        {row(t("licence.features"), () => (
          <ul>
            <For each={props.licence.features}>{(feature) => <li>{feature}</li>}</For>
          </ul>
        ))}
      </Show>
    </dl>
  );
}
