import { type JSX, Show } from "solid-js";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Notice } from "../../../ui/Notice";
import { Column } from "../Column";
import { QueryView } from "../QueryView";
import { allows } from "../sections";
import { useMe } from "../useMe";
import { Passkeys } from "./Passkeys";
import { PasswordCard } from "./PasswordCard";
import { Profile } from "./Profile";
import { SecondFactor } from "./SecondFactor";
import { Sessions } from "./Sessions";

/** How the one who looks signs in. */
export default function Account(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  const me = useMe();
  return (
    <Column>
      <Show when={!live.caller.token} fallback={<Notice tone="warn">{t("account.tokenCaller")}</Notice>}>
        <QueryView query={me}>
          {(status) => (
            <>
              <Profile
                name={status().username ?? ""}
                seesUsers={allows(status().permissions ?? [], "users:read")}
                mayChange={allows(status().permissions ?? [], "users:write")}
              />
              <PasswordCard name={status().username ?? ""} />
              <SecondFactor name={status().username ?? ""} />
              <Passkeys />
              <Sessions />
            </>
          )}
        </QueryView>
      </Show>
    </Column>
  );
}
