import { type JSX, Show } from "solid-js";
import { RequestError } from "../../../api/http";
import { isKeptHere } from "../../../api/userCalls";
import { useSettingsTexts } from "../../../i18n/settings/texts";
import { useLive } from "../../../state/connection";
import { Notice } from "../../../ui/Notice";
import { Column } from "../Column";
import { QueryView } from "../QueryView";
import { Elsewhere } from "./Elsewhere";
import { OwnSessions } from "./OwnSessions";
import { Passkeys } from "./Passkeys";
import { PasswordCard } from "./PasswordCard";
import { Profile } from "./Profile";
import { SecondFactor } from "./SecondFactor";
import { useAccount } from "./useAccount";

/** How the one who looks signs in. */
export default function Account(): JSX.Element {
  const t = useSettingsTexts();
  const live = useLive();
  return (
    <Column>
      <Show when={!live.caller.token} fallback={<Notice tone="warn">{t("account.tokenCaller")}</Notice>}>
        <OwnAccount />
      </Show>
    </Column>
  );
}

function OwnAccount(): JSX.Element {
  const t = useSettingsTexts();
  const account = useAccount();
  const isNobody = () => account.error instanceof RequestError && account.error.status === 404;
  return (
    <Show when={!isNobody()} fallback={<Notice tone="warn">{t("account.nobody")}</Notice>}>
      <QueryView query={account}>
        {(user) => (
          <>
            <Profile user={user()} />
            <Show when={isKeptHere(user())} fallback={<Elsewhere user={user()} />}>
              <PasswordCard name={user().name} />
              <SecondFactor user={user()} />
              <Passkeys />
            </Show>
            <OwnSessions />
          </>
        )}
      </QueryView>
    </Show>
  );
}
