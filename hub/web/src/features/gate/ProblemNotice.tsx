import { type JSX, Show } from "solid-js";
import { useEntranceTexts } from "../../i18n/entrance/texts";
import { Notice } from "../../ui/Notice";
import type { SignInProblem } from "./createSignIn";

/** Why signing in did not work. */
export function ProblemNotice(props: { readonly problem: SignInProblem | undefined }): JSX.Element {
  const t = useEntranceTexts();
  function words(problem: SignInProblem): string {
    if (problem.kind === "wrong" && problem.remaining !== undefined)
      return t("outcome.wrongRemaining", { count: String(problem.remaining) });
    if (problem.kind === "locked" || problem.kind === "limited")
      return t(`outcome.${problem.kind}`, { minutes: String(problem.minutes) });
    return t(`outcome.${problem.kind}`);
  }
  return <Show when={props.problem}>{(problem) => <Notice tone="bad">{words(problem())}</Notice>}</Show>;
}
