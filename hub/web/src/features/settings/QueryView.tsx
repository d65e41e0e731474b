import type { UseQueryResult } from "@tanstack/solid-query";
import { type JSX, Match, Switch } from "solid-js";
import { RequestError } from "../../api/http";
import { useSettingsTexts } from "../../i18n/settings/texts";
import { useTexts } from "../../i18n/texts";
import { Button } from "../../ui/Button";
import { Loading } from "../../ui/Loading";
import { Notice } from "../../ui/Notice";

export interface QueryViewProps<T> {
  readonly query: UseQueryResult<T, Error>;
  readonly children: (data: () => T) => JSX.Element;
}

/** What was asked for, or why it is not there. */
export function QueryView<T>(props: QueryViewProps<T>): JSX.Element {
  const t = useSettingsTexts();
  const texts = useTexts();
  const forbidden = () => props.query.error instanceof RequestError && props.query.error.kind === "forbidden";
  const data = () => (props.query.isSuccess ? { value: props.query.data as T } : undefined);
  return (
    <Switch>
      <Match when={props.query.isPending}>
        <Loading text={t("common.loading")} />
      </Match>
      <Match when={forbidden()}>
        <div class="p-4">
          <Notice tone="warn">{t("common.noPermission")}</Notice>
        </div>
      </Match>
      <Match when={props.query.isError}>
        <div class="flex flex-col items-start gap-3 p-4">
          <Notice tone="bad">{t("common.failed")}</Notice>
          <Button onClick={() => void props.query.refetch()}>{texts.t("app.retry")}</Button>
        </div>
      </Match>
      <Match when={data()}>{(found) => props.children(() => found().value)}</Match>
    </Switch>
  );
}
