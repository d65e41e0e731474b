import { useQuery, useQueryClient } from "@tanstack/solid-query";
import { createSignal, For, type JSX, Match, Show, Switch } from "solid-js";
import { type ApiToken, fetchTokens, revokeToken } from "../../../api/tokenCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Button } from "../../../ui/Button";
import { CopyLine } from "../../../ui/CopyLine";
import { Notice } from "../../../ui/Notice";
import { Card } from "../Card";
import { Column } from "../Column";
import { QueryView } from "../QueryView";
import { TypedConfirm } from "../TypedConfirm";
import { TokenForm } from "./TokenForm";
import { TokenRow } from "./TokenRow";

/** API tokens: those there are, making one, and revoking them. */
export default function Tokens(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const queries = useQueryClient();
  const [making, setMaking] = createSignal(false);
  const [made, setMade] = createSignal<string>();
  const [revoking, setRevoking] = createSignal<ApiToken>();
  const query = useQuery(() => ({
    queryKey: ["tokens"],
    queryFn: ({ signal }) => fetchTokens(live.caller, signal),
  }));
  const reload = () => queries.invalidateQueries({ queryKey: ["tokens"] });
  return (
    <Column>
      <Switch>
        <Match when={made()}>
          {(secret) => (
            <Card title={t("tokens.add")}>
              <div class="flex flex-col gap-4 p-4">
                <Notice tone="warn">{t("tokens.made")}</Notice>
                <CopyLine text={secret()} label={t("tokens.hint")} />
                <div>
                  <Button look="primary" onClick={() => setMade(undefined)}>
                    {t("common.done")}
                  </Button>
                </div>
              </div>
            </Card>
          )}
        </Match>
        <Match when={making()}>
          <Card title={t("tokens.add")}>
            <TokenForm
              onMade={({ secret }) => {
                setMade(secret);
                setMaking(false);
                void reload();
              }}
              onCancel={() => setMaking(false)}
            />
          </Card>
        </Match>
      </Switch>
      <Card
        title={t("tokens.title")}
        lead={t("tokens.lead")}
        aside={
          <Show when={query.isSuccess && !making() && !made()}>
            <Button look="primary" onClick={() => setMaking(true)}>
              {t("tokens.add")}
            </Button>
          </Show>
        }
      >
        <QueryView query={query}>
          {(tokens) => (
            <ul aria-label={t("tokens.caption")}>
              <For each={tokens()} fallback={<li class="p-4 text-dim">{t("tokens.none")}</li>}>
                {(token) => <TokenRow token={token} onRevoke={() => setRevoking(token)} />}
              </For>
            </ul>
          )}
        </QueryView>
      </Card>
      <Show when={revoking()} keyed>
        {(token) => (
          <TypedConfirm
            title={t("tokens.revokeOf", { name: token.name })}
            lead={t("tokens.revokeLead", { name: token.name, hint: token.hint })}
            word={token.name}
            action={t("tokens.revoke")}
            onConfirm={async () => {
              await revokeToken(token.id, live.caller);
              await reload();
            }}
            onClose={() => setRevoking(undefined)}
          />
        )}
      </Show>
    </Column>
  );
}
