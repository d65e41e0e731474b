import Check from "lucide-solid/icons/check";
import Copy from "lucide-solid/icons/copy";
import { createSignal, type JSX, onCleanup, Show } from "solid-js";
import { useTexts } from "../i18n/texts";
import { Button } from "./Button";

const copiedMs = 2000;

/** A line for a terminal or another program, with a button that copies it. */
export function CopyLine(props: { readonly text: string; readonly label?: string }): JSX.Element {
  const { t } = useTexts();
  const [copied, setCopied] = createSignal(false);
  let timer: ReturnType<typeof setTimeout> | undefined;
  onCleanup(() => clearTimeout(timer));
  async function copy(): Promise<void> {
    await navigator.clipboard.writeText(props.text);
    setCopied(true);
    clearTimeout(timer);
    timer = setTimeout(() => setCopied(false), copiedMs);
  }
  return (
    <div class="flex items-center gap-3 rounded-box border border-line-strong bg-panel py-2 pr-2 pl-3.5 text-left">
      <code class="min-w-0 flex-1 font-mono text-[12px] leading-relaxed wrap-anywhere">{props.text}</code>
      <Show when={navigator.clipboard}>
        <Button
          onClick={() => void copy()}
          aria-live="polite"
          aria-label={props.label && !copied() ? `${t("empty.copy")}: ${props.label}` : undefined}
        >
          <Show when={copied()} fallback={<Copy class="size-4" aria-hidden="true" />}>
            <Check class="size-4 text-ok" aria-hidden="true" />
          </Show>
          {copied() ? t("empty.copied") : t("empty.copy")}
        </Button>
      </Show>
    </div>
  );
}
