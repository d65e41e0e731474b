import { type JSX, Show } from "solid-js";
import type { RequestError } from "../../api/http";
import { useSettingsTexts } from "../../i18n/settings/texts";
import { Notice } from "../../ui/Notice";

/** Why a change was not made: in the words of the hub where it has some. */
export function FailureNotice(props: { readonly failure: RequestError | undefined }): JSX.Element {
  const t = useSettingsTexts();
  const words = (failure: RequestError) =>
    failure.kind === "unreachable" || failure.kind === "limited"
      ? t(`failure.${failure.kind}`)
      : failure.refusal.said || t(`failure.${failure.kind}`);
  return (
    <Show when={props.failure}>
      {(failure) => (
        <div role="alert">
          <Notice tone="bad">{words(failure())}</Notice>
        </div>
      )}
    </Show>
  );
}
