import type { JSX } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Card } from "../Card";
import { SessionList } from "../sessions/SessionList";

/** The browsers that are signed in with the account of whoever looks. */
export function OwnSessions(): JSX.Element {
  const t = useSettingsTexts();
  return (
    <Card title={t("account.sessions")} lead={t("account.sessionsLead")}>
      <SessionList everybody={false} mayEnd />
    </Card>
  );
}
