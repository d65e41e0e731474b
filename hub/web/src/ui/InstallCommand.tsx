import Check from "lucide-solid/icons/check";
import Copy from "lucide-solid/icons/copy";
import { createSignal, type JSX, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import { Button } from "./Button";

const copiedMs = 2000;

/** The one line that starts an agent on a machine, ready to copy. */
export function InstallCommand(): JSX.Element {
  const { t } = useTexts();
  const [copied, setCopied] = createSignal(false);
  const command = () => `pulse-agent --url ${window.location.origin} --token YOUR_TOKEN`;
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(command());
    setCopied(true);
    setTimeout(() => setCopied(false), copiedMs);
  }
  return (
    <div class="w-full text-left">
      <div class="flex items-center gap-3 rounded-box border border-line-strong bg-panel py-2 pr-2 pl-3.5">
        <code class="min-w-0 flex-1 font-mono text-[12px] leading-relaxed wrap-anywhere">{command()}</code>
        <Show when={navigator.clipboard}>
          <Button onClick={() => void copy()} aria-live="polite">
            <Show when={copied()} fallback={<Copy class="size-4" aria-hidden="true" />}>
              <Check class="size-4 text-ok" aria-hidden="true" />
            </Show>
            {copied() ? t("empty.copied") : t("empty.copy")}
          </Button>
        </Show>
      </div>
      <p class="mt-2 text-dim">{t("empty.token")}</p>
    </div>
  );
}
