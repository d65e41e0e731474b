import { type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import { CopyLine } from "./CopyLine";

/** The one line that starts an agent on a machine, ready to copy; without a token, with a place for one. */
export function InstallCommand(props: { readonly token?: string | undefined }): JSX.Element {
  const { t } = useTexts();
  return (
    <div class="w-full text-left">
      <CopyLine text={`pulse-agent --url ${window.location.origin} --token ${props.token ?? "YOUR_TOKEN"}`} />
      <Show when={!props.token}>
        <p class="mt-2 text-dim">{t("empty.token")}</p>
      </Show>
    </div>
  );
}
