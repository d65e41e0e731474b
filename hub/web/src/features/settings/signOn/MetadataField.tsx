import { createSignal, createUniqueId, type JSX, Show } from "solid-js";
import { maxMetadata } from "../../../api/samlCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";

export interface MetadataFieldProps {
  readonly value: string;
  readonly onInput: (xml: string) => void;
}

const shownLines = 6;

/** The provider's description of itself: pasted, or read from a file. */
export function MetadataField(props: MetadataFieldProps): JSX.Element {
  const t = useSettingsTexts();
  const id = createUniqueId();
  const [tooLarge, setTooLarge] = createSignal(false);
  async function read(file: File | undefined): Promise<void> {
    setTooLarge(file !== undefined && file.size > maxMetadata);
    if (file && !tooLarge()) props.onInput(await file.text());
  }
  return (
    <div class="flex flex-col gap-1.5">
      <label for={id} class="font-medium">
        {t("saml.idpMetadata")}
      </label>
      <textarea
        id={id}
        rows={shownLines}
        spellcheck={false}
        autocapitalize="off"
        aria-describedby={`${id}-hint`}
        class="w-full rounded-box border border-line-strong bg-panel px-3 py-2 font-mono text-[12px] text-text"
        value={props.value}
        onInput={(event) => props.onInput(event.currentTarget.value)}
      />
      <span id={`${id}-hint`} class="text-[12px] text-faint">
        {t("saml.metadataHint")}
      </span>
      <label class="flex flex-wrap items-center gap-3">
        <span class="text-dim">{t("saml.metadataFile")}</span>
        <input
          type="file"
          accept=".xml,application/xml,text/xml,application/samlmetadata+xml"
          class="max-w-full file:mr-3 file:h-8 file:cursor-pointer file:rounded-box file:border file:border-line-strong file:bg-raised file:px-3 file:text-text"
          onChange={(event) => void read(event.currentTarget.files?.[0])}
        />
      </label>
      <Show when={tooLarge()}>
        <span class="text-[12px] text-bad" role="alert">
          {t("saml.metadataLarge")}
        </span>
      </Show>
    </div>
  );
}
