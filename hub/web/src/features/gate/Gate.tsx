import { createResource, createSignal, type JSX, Match, Show, Switch } from "solid-js";
import { fetchSignInOptions, type SecurityStatus, type SignInOptions } from "../../api/signInCalls";
import { EntranceTexts, useEntranceTexts } from "../../i18n/entrance/texts";
import type { Session, SessionState } from "../../state/session";
import { Button } from "../../ui/Button";
import { EntranceFrame } from "../../ui/EntranceFrame";
import { Notice } from "../../ui/Notice";
import { CodeForm } from "./CodeForm";
import { createSignIn } from "./createSignIn";
import { OtherWays } from "./OtherWays";
import { PasswordForm } from "./PasswordForm";
import { ProblemNotice } from "./ProblemNotice";
import { providerFailureOf, shownCode } from "./providerFailure";
import { TokenForm } from "./TokenForm";

export interface GateProps {
  readonly session: Session;
  readonly state: Extract<SessionState, { kind: "gate" }>;
}

const none: SignInOptions = { password: false, passkeys: false, providers: [] };

/** The ways in; a hub that does not list them is one with tokens, where nothing else is set up. */
async function loadOptions(status: SecurityStatus | undefined): Promise<SignInOptions> {
  if (!status) return none;
  return fetchSignInOptions().catch(() => ({ ...none, password: !status.hideLocalLogin }));
}

/** Lets people in: with a password, a passkey, an identity provider, or a token typed by hand. */
export default function Gate(props: GateProps): JSX.Element {
  return (
    <EntranceTexts>
      <Ways {...props} />
    </EntranceTexts>
  );
}

function Ways(props: GateProps): JSX.Element {
  const t = useEntranceTexts();
  const [options] = createResource(() => loadOptions(props.state.status));
  const [byToken, setByToken] = createSignal(tokenFailed(props.state));
  const signIn = createSignIn(() => props.session.enter());
  const away = () => ["unreachable", "refused", "limited"].includes(props.state.reason);
  const known = () => options() ?? none;
  const hasOthers = () => known().password || known().passkeys || known().providers.length > 0;
  const tokenOnly = () => byToken() || !hasOthers();
  const why = () =>
    props.state.reason === "provider"
      ? t(`provider.${providerFailureOf(props.state.code)}`, { code: shownCode(props.state.code) })
      : t(`reason.${props.state.reason}`);
  return (
    <EntranceFrame
      title={signIn.codeWanted() ? t("signIn.codeTitle") : t("signIn.title")}
      lead={options() && tokenOnly() ? t("token.lead") : undefined}
    >
      <Show when={props.state.reason !== "none" && !signIn.problem() && !signIn.codeWanted()}>
        <Notice tone={away() ? "warn" : "bad"}>{why()}</Notice>
      </Show>
      <ProblemNotice problem={signIn.problem()} />
      <Show when={options()}>
        <Switch>
          <Match when={signIn.codeWanted()}>
            <CodeForm signIn={signIn} />
          </Match>
          <Match when={tokenOnly()}>
            <TokenForm session={props.session} away={away()} />
            <Show when={hasOthers()}>
              <Button look="quiet" onClick={() => setByToken(false)}>
                {t("signIn.usePassword")}
              </Button>
            </Show>
          </Match>
          <Match when={hasOthers()}>
            <Show when={known().password}>
              <PasswordForm signIn={signIn} />
            </Show>
            <OtherWays options={known()} signIn={signIn} />
            <Button look="quiet" onClick={() => setByToken(true)}>
              {t("signIn.useToken")}
            </Button>
          </Match>
        </Switch>
      </Show>
    </EntranceFrame>
  );
}

/** A token was tried last, so another one is likely to be tried next. */
function tokenFailed(state: GateProps["state"]): boolean {
  return state.reason === "wrong" || state.reason === "scope" || state.reason === "expired";
}
