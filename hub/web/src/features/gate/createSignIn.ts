import { createSignal } from "solid-js";
import { RequestError } from "../../api/http";
import { arePasskeysSupported, usePasskey } from "../../api/passkeys";
import {
  beginPasskeySignIn,
  type Credentials,
  finishPasskeySignIn,
  type SignInOutcome,
  signIn,
} from "../../api/signInCalls";

/** Why an attempt did not let anybody in. */
export type SignInProblem =
  | Extract<SignInOutcome, { readonly kind: "wrong" | "wrongCode" | "locked" | "limited" }>
  | {
      readonly kind: "passkeyCancelled" | "passkeyRefused" | "passkeyUnsupported" | "unreachable" | "refused";
    };

export interface SignInState {
  /** The hub has accepted the password and asks for a code. */
  readonly codeWanted: () => boolean;
  readonly busy: () => boolean;
  readonly problem: () => SignInProblem | undefined;
  /** Tries a password. */
  withPassword(credentials: Credentials): Promise<void>;
  /** Adds the code to the password before. */
  withCode(code: string): Promise<void>;
  withPasskey(): Promise<void>;
  /** Forgets the password. */
  back(): void;
}

function problemOf(error: unknown): SignInProblem {
  return { kind: error instanceof RequestError && error.kind !== "unreachable" ? "refused" : "unreachable" };
}

/** The steps of signing in; `onIn` is called once the browser has a session. */
export function createSignIn(onIn: () => Promise<void>): SignInState {
  const [before, setBefore] = createSignal<Credentials>();
  const [busy, setBusy] = createSignal(false);
  const [problem, setProblem] = createSignal<SignInProblem>();

  async function attempt(work: () => Promise<SignInProblem | undefined>): Promise<void> {
    setBusy(true);
    setProblem(undefined);
    setProblem(await work().catch(problemOf));
    setBusy(false);
  }

  async function send(credentials: Credentials): Promise<SignInProblem | undefined> {
    const outcome = await signIn(credentials);
    if (outcome.kind === "secondFactor") {
      setBefore(credentials);
      return undefined;
    }
    if (outcome.kind !== "in") return outcome;
    setBefore(undefined);
    await onIn();
    return undefined;
  }

  async function passkey(): Promise<SignInProblem | undefined> {
    if (!arePasskeysSupported()) return { kind: "passkeyUnsupported" };
    const answer = await usePasskey(await beginPasskeySignIn());
    if (!answer) return { kind: "passkeyCancelled" };
    try {
      await finishPasskeySignIn(answer);
    } catch (error) {
      if (error instanceof RequestError && (error.kind === "unauthorized" || error.status === 400))
        return { kind: "passkeyRefused" };
      throw error;
    }
    await onIn();
    return undefined;
  }

  return {
    codeWanted: () => before() !== undefined,
    busy,
    problem,
    withPassword: (credentials) => attempt(() => send(credentials)),
    async withCode(code) {
      const credentials = before();
      if (credentials) await attempt(() => send({ ...credentials, code }));
    },
    withPasskey: () => attempt(passkey),
    back() {
      setBefore(undefined);
      setProblem(undefined);
    },
  };
}
