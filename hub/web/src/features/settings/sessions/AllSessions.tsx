import type { JSX } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { Card } from "../Card";
import { allows } from "../sections";
import { useMe } from "../useMe";
import { SessionList } from "./SessionList";

/** The browsers that are signed in with anybody's account. */
export function AllSessions(): JSX.Element {
  const t = useSettingsTexts();
  const me = useMe();
  const mayEnd = () => me.isSuccess && allows(me.data.permissions ?? [], "users:write");
  return (
    <Card title={t("sessions.all")} lead={t("sessions.allLead")}>
      <SessionList everybody mayEnd={mayEnd()} />
    </Card>
  );
}
