import type { JSX } from "solid-js";
import { originKind, type User } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Card } from "../Card";

/** Tells those who sign in elsewhere where their password and second factor are. */
export function Elsewhere(props: { readonly user: User }): JSX.Element {
  const t = useSettingsTexts();
  const words = () => {
    if (originKind(props.user) === "proxy") return t("account.fromProxy");
    const [, provider = ""] = props.user.origin.split(":");
    return t("account.fromProvider", { provider });
  };
  return (
    <Card title={t("account.signingIn")}>
      <p class="p-4">{words()}</p>
    </Card>
  );
}
