import { type JSX, Show } from "solid-js";
import { samlLogin } from "../../../api/samlCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { CopyLine } from "../../../ui/CopyLine";
import { Card } from "../Card";
import { QueryView } from "../QueryView";
import { placeOf, samlProvider } from "./places";
import { SamlForm } from "./SamlForm";
import { useSaml } from "./useSaml";

/** What the SAML provider has to know of the hub, and the hub of it. */
export function SamlSettings(): JSX.Element {
  const t = useSettingsTexts();
  const query = useSaml();
  const address = (label: string, url: string) => (
    <div class="flex flex-col gap-1.5">
      <span class="font-medium">{label}</span>
      <CopyLine text={url} label={label} />
    </div>
  );
  return (
    <QueryView query={query}>
      {(saved) => (
        <>
          <Card title={t("saml.forProvider")} lead={t("saml.forProviderLead")}>
            <div class="flex flex-col gap-4 p-4">
              {address(t("saml.metadataUrl"), saved().metadataUrl)}
              {address(t("saml.acsUrl"), saved().acsUrl)}
            </div>
          </Card>
          <SamlForm saved={saved()} />
          <Card title={t("signOn.test")} lead={t("signOn.testHint")}>
            <p class="p-4">
              <Show when={saved().enabled} fallback={<span class="text-dim">{t("saml.off")}</span>}>
                <a
                  href={samlLogin(placeOf(samlProvider))}
                  rel="external"
                  class="text-accent underline underline-offset-2"
                >
                  {t("signOn.testTry")}
                </a>
              </Show>
            </p>
          </Card>
        </>
      )}
    </QueryView>
  );
}
