import { For, type JSX, Show } from "solid-js";
import { defaultProvider, type SignOn } from "../../../api/signOnCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Button } from "../../../ui/Button";
import { newProvider, placeOf, samlProvider } from "./places";
import { useSaml } from "./useSaml";

export interface ProviderListProps {
  readonly providers: readonly SignOn[];
  /** What the address bar names. */
  readonly chosen: string;
  readonly onAdd: () => void;
}

/** All identity providers, to choose whose settings are shown. */
export function ProviderList(props: ProviderListProps): JSX.Element {
  const t = useSettingsTexts();
  const saml = useSaml();
  const samlName = () => (saml.isSuccess && saml.data.texts.label) || "SAML";
  const nameOf = (provider: SignOn) =>
    provider.texts.label || (provider.id === defaultProvider ? t("signOn.title") : provider.id);
  const link = (id: string, name: string, enabled: boolean) => (
    <li>
      <a
        href={id === defaultProvider ? "/settings/sign-on" : placeOf(id)}
        aria-current={props.chosen === id ? "page" : undefined}
        class="inline-flex h-8 items-center gap-2 rounded-box border border-line-strong bg-raised px-3 text-dim hover:bg-hover hover:text-text aria-[current=page]:border-accent aria-[current=page]:bg-accent-soft aria-[current=page]:font-medium aria-[current=page]:text-accent"
      >
        {name}
        <Show when={enabled}>
          <span class="text-[12px] font-normal">{t("providers.on")}</span>
        </Show>
      </a>
    </li>
  );
  return (
    <nav aria-label={t("providers.title")} class="flex flex-wrap items-center gap-2.5">
      <ul class="flex flex-wrap gap-2.5">
        <For each={props.providers}>
          {(provider) => link(provider.id, nameOf(provider), provider.enabled)}
        </For>
        {link(samlProvider, samlName(), saml.isSuccess && saml.data.enabled)}
      </ul>
      <Show when={props.chosen !== newProvider}>
        <Button onClick={() => props.onAdd()}>{t("providers.add")}</Button>
      </Show>
    </nav>
  );
}
