import { type JSX, Match, Show, Switch } from "solid-js";
import type { SecurityStatus } from "../../api/signInCalls";
import { EntranceTexts, useEntranceTexts } from "../../i18n/entrance/texts";
import type { Session } from "../../state/session";
import { EntranceFrame } from "../../ui/EntranceFrame";
import { Notice } from "../../ui/Notice";
import { AccountStep } from "./AccountStep";
import { BootstrapStep } from "./BootstrapStep";
import { createFirstRun, type FirstRunProblem, steps } from "./createFirstRun";
import { DoneStep } from "./DoneStep";
import { TokenStep } from "./TokenStep";

export interface FirstRunProps {
  readonly session: Session;
  readonly status: SecurityStatus;
}

/** From a hub that nobody has set up to the first machine. */
export default function FirstRun(props: FirstRunProps): JSX.Element {
  return (
    <EntranceTexts>
      <Wizard {...props} />
    </EntranceTexts>
  );
}

function Wizard(props: FirstRunProps): JSX.Element {
  const t = useEntranceTexts();
  const state = createFirstRun();
  const words = (problem: FirstRunProblem) => {
    if (problem.said) return problem.said;
    if (problem.kind === "limited") return t("reason.limited");
    if (problem.kind === "unreachable" || problem.kind === "refused") return t(`reason.${problem.kind}`);
    return t(`first.${problem.kind}`);
  };
  const heading = () => t(`first.${state.step()}Title`);
  return (
    <EntranceFrame
      wide
      title={t("first.title")}
      lead={t("first.steps", {
        step: String(steps.indexOf(state.step()) + 1),
        count: String(steps.length),
      })}
    >
      <h2 class="text-base font-semibold">{heading()}</h2>
      <Show when={state.problem()}>{(problem) => <Notice tone="bad">{words(problem())}</Notice>}</Show>
      <Switch>
        <Match when={state.step() === "bootstrap"}>
          <BootstrapStep state={state} status={props.status} />
        </Match>
        <Match when={state.step() === "account"}>
          <AccountStep state={state} />
        </Match>
        <Match when={state.step() === "token"}>
          <TokenStep state={state} />
        </Match>
        <Match when={state.step() === "done"}>
          <DoneStep
            isSignedIn={state.isSignedIn()}
            onOpen={() => void (state.isSignedIn() ? props.session.enter() : props.session.start())}
          />
        </Match>
      </Switch>
    </EntranceFrame>
  );
}
